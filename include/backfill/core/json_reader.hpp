#pragma once

#include <string_view>

namespace backfill {

/// What a JSON document consists of, in its order. Texts are valid UTF-8 without NUL, and valid only during the call.
class JsonEvents {
public:
    JsonEvents() = default;
    JsonEvents(JsonEvents const&) = delete;
    JsonEvents& operator=(JsonEvents const&) = delete;
    virtual ~JsonEvents() = default;

    virtual void begin_object() = 0;
    virtual void end_object() = 0;
    virtual void begin_array() = 0;
    virtual void end_array() = 0;
    virtual void key(std::string_view name) = 0;
    virtual void string(std::string_view text) = 0;
    virtual void number(std::string_view digits) = 0; ///< as received, however many digits
    virtual void word(std::string_view literal) = 0;  ///< true, false, null
};

/// Reads one document of at most 128 levels in one pass, without a tree. Returns false when it is no JSON (RFC 8259);
/// events may have come before that was seen.
///
/// Mended in passing, since a parser would refuse a whole page of messages for one of them: a byte order mark, invalid
/// UTF-8 and lone surrogate escapes (→ U+FFFD), NUL (dropped: PostgreSQL stores none), bare control characters in
/// strings. Numbers beyond the range of double become strings with the same digits: no column takes them.
bool read_json(std::string_view text, JsonEvents& events);

} // namespace backfill
