#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// Appends `text` (valid UTF-8) to `out` as a JSON string with its quotes. NUL is dropped: PostgreSQL refuses it.
void append_json_string(std::string& out, std::string_view text);

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
