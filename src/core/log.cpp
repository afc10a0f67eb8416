#include "backfill/core/log.hpp"

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
    json.member("time", timestamp_text(time));
    json.member("level", kLevels.at(static_cast<std::size_t>(event.level)));
    json.member("event", event.name);
    for (auto const& field : event.fields) {
        std::visit([&](auto const& value) { json.member(field.name, value); }, field.value);
    }
    json.end('}');
    return line;
}

} // namespace backfill
