#pragma once

#include "backfill/http/transport.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace backfill::http {

/// Status line and header fields of an answer.
struct AnswerHead {
    int status = 0;
    int minor_version = 1; ///< HTTP/1.0 or 1.1
    std::vector<Header> headers;
};

/// How the length of a body is known (RFC 9112, 6.3).
struct BodyFraming {
    enum class Kind { none, length, chunks, to_close };
    Kind kind = Kind::none;
    std::uint64_t length = 0;
    bool ambiguous = false; ///< a length and chunks: the chunks count, and the connection is closed
};

// All of these throw TransportError (protocol), which never quotes a header's value, for what HTTP/1 does not allow.

AnswerHead parse_status_line(std::string_view line);

/// A line that begins with a blank continues the header before it.
void add_header_line(std::string_view line, std::vector<Header>& headers);

BodyFraming body_framing(AnswerHead const& head);
bool keeps_alive(AnswerHead const& head);

/// A header's name: not empty, no blank, no control character. For requests too.
bool is_token(std::string_view text);
bool has_control_character(std::string_view text);

} // namespace backfill::http
