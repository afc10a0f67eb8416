#pragma once

#include "backfill/http/rate_gate.hpp"

#include <stop_token>

namespace backfill::test {

/// Waits for a slot, however long the pauses are; false when a stop ended the wait.
inline bool passes(http::RateGate& gate, std::stop_token const& stop = {})
{
    http::RateGate::Pauses pauses;
    return gate.wait(stop, pauses) == http::RateGate::Pass::free;
}

} // namespace backfill::test
