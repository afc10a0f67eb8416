#include "core/log_json.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/timestamp.hpp"

#include <array>

namespace backfill {

std::string json_line(Event const& event, std::chrono::system_clock::time_point time)
{
    static constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
    std::string line;
    JsonWriter json{line};
    json.begin('{');
    json.key("time");
    json.string(timestamp_text(time));
    json.key("level");
    json.string(kLevels.at(static_cast<std::size_t>(event.level)));
    json.key("event");
    json.string(event.name);
    for (auto const& [name, value] : event.fields) {
        json.key(name);
        std::visit([&json](auto const& typed) { json.value(typed); }, value);
    }
    json.end('}');
    return line;
}

} // namespace backfill
