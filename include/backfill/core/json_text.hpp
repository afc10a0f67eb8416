#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// Appends `text` (valid UTF-8) to `out` as a JSON string with its quotes. NUL is dropped: PostgreSQL refuses it.
void append_json_string(std::string& out, std::string_view text);

/// The same JSON document in ASCII: every other character and DEL as \uXXXX, so that ids of any kind are exact and
/// still can do nothing to a terminal. `json` is valid UTF-8.
std::string ascii_json(std::string_view json);

/// Writes JSON text, value by value.
class JsonWriter {
public:
    explicit JsonWriter(std::string& out) : out_{&out} {}

    void begin(char bracket);
    void end(char bracket);
    void key(std::string_view name);
    void string(std::string_view text);
    void literal(std::string_view text); ///< a number or a word

private:
    void separate();

    std::string* out_;
    bool needs_comma_ = false;
};

} // namespace backfill
