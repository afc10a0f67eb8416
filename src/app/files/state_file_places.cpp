// Where runs were stopped, as the state file has it.

#include "app/files/state_file.hpp"

#include "backfill/core/timestamp.hpp"
#include "backfill/core/utf8.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kMostFailed = 1'000'000'000; // far above any table, far below an overflow

/// Whether it can be part of a request: Supabase would refuse any other, and the run would end.
bool can_be_sent(std::string_view text)
{
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        if (!next.valid || next.character == U'\0') {
            return false;
        }
        text.remove_prefix(next.length);
    }
    return true;
}

/// The time is as the database spells it, whatever its type: a date, a number, `infinity`, a year BC.
bool is_cursor(Conversation const& after)
{
    return !after.id.empty() && can_be_sent(after.id) && can_be_sent(after.created_time);
}

bool is_time_or_empty(std::string const& text)
{
    return text.empty() || parse_timestamp(text);
}

/// Throws when no run can have left it.
void expect_sound(bool sound)
{
    if (!sound) {
        throw Poco::DataFormatException{"damaged"};
    }
}

} // namespace

void StateFile::read_places(Poco::JSON::Array const& stops)
{
    for (unsigned i = 0; i < stops.size(); ++i) {
        auto const stop = stops.getObject(i);
        expect_sound(!stop.isNull());
        Place const place{stop->getValue<std::string>("host"), stop->getValue<std::string>("selection"),
            {stop->getValue<std::string>("id"), stop->getValue<std::string>("created_time")},
            stop->getValue<std::size_t>("failed"), IdSketch::parse(stop->optValue("passed_ids", std::string{})),
            stop->optValue("told", false), stop->optValue("began", std::string{}),
            stop->optValue("updated_since", std::string{}), stop->optValue("all_kept", false)};
        expect_sound(is_time_or_empty(place.began) && is_time_or_empty(place.updated_since));
        expect_sound(is_cursor(place.after) && place.failed <= kMostFailed);
        places_.push_back(place);
    }
}

Poco::JSON::Array StateFile::places_json() const
{
    Poco::JSON::Array stops;
    for (auto const& place : places_) {
        Poco::JSON::Object stop;
        stop.set("host", place.host);
        stop.set("selection", place.selection);
        stop.set("id", place.after.id);
        stop.set("created_time", place.after.created_time);
        stop.set("failed", place.failed);
        if (place.passed) {
            stop.set("passed_ids", place.passed->text());
        }
        if (place.told) {
            stop.set("told", true);
        }
        if (!place.began.empty()) {
            stop.set("began", place.began);
            stop.set("updated_since", place.updated_since);
            stop.set("all_kept", place.all_kept);
        }
        stops.add(stop);
    }
    return stops;
}

void StateFile::remember_stop(std::optional<Conversation> after, Part const& part)
{
    if (after) {
        auto const before = last_run();
        auto passed = part.passed;
        if (before.after) {
            passed = passed && before.passed_before ? passed : std::nullopt;
            if (passed) {
                passed->add(*before.passed_before);
            }
        }
        Place place{host_, selection_, std::move(*after), std::min(before.failed_before + part.failed, kMostFailed),
            passed, false, part.began, part.updated_since, before.all_kept && part.all_kept};
        forget_stop();
        places_.push_back(std::move(place));
    }
}

} // namespace backfill::app
