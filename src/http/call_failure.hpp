#pragma once

#include "backfill/http/transport.hpp"

#include <stdexcept>
#include <string>

namespace backfill::http {

/// Why a call failed; Transport::send() returns it as a TransportError.
class CallFailure : public std::runtime_error {
public:
    CallFailure(TransportError::Kind kind, std::string const& detail) : std::runtime_error{detail}, kind_{kind} {}
    TransportError::Kind kind() const { return kind_; }

private:
    TransportError::Kind kind_;
};

} // namespace backfill::http
