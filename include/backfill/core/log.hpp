#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backfill {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One fact of an event. Foreign text stands here as it came: who prints it makes it safe.
struct Field {
    std::string_view name; ///< a literal, snake_case
    std::variant<std::size_t, double, bool, std::string> value;
};

/// One thing that the program tells: for machines its name and fields, which stay as they are from version to version;
/// for people `text`, one line or several, without the last newline and safe to print. No event holds a secret or the
/// text of a message.
struct Event {
    std::string_view name; ///< a literal, snake_case
    Level level = Level::info;
    std::vector<Field> fields;
    std::string text;
};

/// Where events go: `out` is the result (stdout), `note` is everything else (stderr). Both may be called from any
/// thread. `verbose` guards the costly ones.
struct Log {
    std::function<void(Event const&)> out;
    std::function<void(Event const&)> note;
    bool verbose = false;
};

} // namespace backfill
