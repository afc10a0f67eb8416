#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backfill {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One fact of an event. Foreign text is kept as received: whoever prints it makes it safe.
struct Field {
    std::string_view name; ///< a literal, snake_case
    std::variant<std::size_t, double, bool, std::string> value;
};

/// One thing that the program reports: to machines by name and fields, which no version changes; to people by `text`,
/// one or more lines without the last newline, safe to print. Never holds a secret or the text of a message.
struct Event {
    std::string_view name; ///< a literal, snake_case
    Level level = Level::info;
    std::vector<Field> fields;
    std::string text;
};

/// The event as one JSON object without a newline: time, level, event, then its fields.
std::string json_line(Event const& event, std::chrono::system_clock::time_point time);

/// Where events go: `out` for results (stdout), `note` for everything else (stderr). Any thread. `verbose` guards the
/// costly ones.
struct Log {
    std::function<void(Event const&)> out;
    std::function<void(Event const&)> note;
    bool verbose = false;
    std::function<void(std::vector<Event> const&)> out_together{}; ///< several results in one write; empty = one by one

    void results(std::vector<Event> const& events) const;
};

} // namespace backfill
