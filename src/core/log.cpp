#include "backfill/core/log.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/timestamp.hpp"

namespace backfill {
namespace {

std::string_view level_name(Level level)
{
    switch (level) {
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warning:
        return "warning";
    case Level::error:
        return "error";
    }
    return {};
}

} // namespace

void Log::results(std::vector<Event> const& events) const
{
    if (out_together) {
        out_together(events);
        return;
    }
    for (auto const& event : events) {
        out(event);
    }
}

std::string json_line(Event const& event, std::chrono::system_clock::time_point time)
{
    std::string line;
    JsonWriter json{line};
    json.begin('{');
    json.member("time", timestamp_text(time));
    json.member("level", level_name(event.level));
    json.member("event", event.name);
    for (auto const& field : event.fields) {
        std::visit([&](auto const& value) { json.member(field.name, value); }, field.value);
    }
    json.end('}');
    return line;
}

} // namespace backfill
