#include "support/world.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string>

using namespace backfill::test;

namespace {

/// A second opinion on times, by other means than the world's.
long long microseconds(std::string const& text)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    REQUIRE(std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) == 6);
    std::tm utc{};
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    utc.tm_mday = day;
    utc.tm_hour = hour;
    utc.tm_min = minute;
    utc.tm_sec = second;
    auto rest = text.substr(19);
    std::string fraction;
    if (rest.starts_with('.')) {
        fraction = rest.substr(1, rest.find_first_not_of("0123456789", 1) - 1);
        rest.erase(0, fraction.size() + 1);
    }
    fraction.resize(6, '0');
    auto offset = 0;
    if (rest != "Z") {
        REQUIRE(rest.size() == 6);
        offset = (std::stoi(rest.substr(1, 2)) * 60 + std::stoi(rest.substr(4))) * (rest[0] == '-' ? -60 : 60);
    }
    return (timegm(&utc) - offset) * 1'000'000LL + std::stoll(fraction);
}

std::string trimmed(std::string text)
{
    static auto const blanks = std::to_array<std::string>(
        {" ", "\n", "\r", "\t", "\v", "\f", "\u00a0", "\u1680", "\u2003", "\u2028", "\u3000", "\ufeff"});
    for (auto again = true; again;) {
        again = false;
        for (auto const& blank : blanks) {
            if (text.starts_with(blank)) {
                text.erase(0, blank.size());
                again = true;
            }
            if (text.ends_with(blank)) {
                text.resize(text.size() - blank.size());
                again = true;
            }
        }
    }
    return text;
}

std::string string_or_nothing(Poco::Dynamic::Var const& value)
{
    return value.isString() ? value.extract<std::string>() : std::string{};
}

/// First non-empty string of text.content, content, text, the part itself.
std::string part_text(Poco::Dynamic::Var const& part)
{
    if (part.type() != typeid(Poco::JSON::Object::Ptr)) {
        return string_or_nothing(part);
    }
    auto const object = part.extract<Poco::JSON::Object::Ptr>();
    std::string found;
    if (auto const text = object->getObject("text")) {
        found = string_or_nothing(text->get("content"));
    }
    for (auto const* key : {"content", "text"}) {
        found = found.empty() ? string_or_nothing(object->get(key)) : found;
    }
    return found;
}

std::string cleaned(Poco::Dynamic::Var const& parts)
{
    if (parts.type() != typeid(Poco::JSON::Array::Ptr)) {
        return trimmed(part_text(parts));
    }
    std::string joined;
    for (auto const& part : *parts.extract<Poco::JSON::Array::Ptr>()) {
        auto const text = trimmed(part_text(part));
        joined += (joined.empty() || text.empty() ? "" : " ") + text;
    }
    return joined;
}

/// What cleaning the JSON gives, by this file's naive means.
ExpectedRow second_opinion(std::string const& json, std::string const& conversation)
{
    auto const message = Poco::JSON::Parser{}.parse(json).extract<Poco::JSON::Object::Ptr>();
    ExpectedRow row;
    row.id = message->has("id") ? message->getValue<std::string>("id") : message->getValue<std::string>("uuid");
    row.conversationid = conversation;
    row.actor_type = string_or_nothing(message->get("actor_type"));
    row.message_parts = cleaned(message->get("message_parts"));
    row.created_time = message->getValue<std::string>("created_time");
    return row;
}

} // namespace

TEST_CASE(
    "messages run from the newest to the oldest, some at the same moment, none before the conversation", "[world]")
{
    auto const world = World::make({.conversations = 3, .one_long = 1000});
    auto const start = microseconds(*world.conversation(2).created_time);
    auto previous = std::string{"9"};
    auto same = 0;
    for (auto const& message : world.messages(2)) {
        if (message.row) {
            REQUIRE(message.row->created_time <= previous);
            same += message.row->created_time == previous ? 1 : 0;
            previous = message.row->created_time;
        }
    }
    CHECK(microseconds(previous) > start);
    CHECK(same > 10);
}

TEST_CASE("the expected rows are what cleaning the JSON gives", "[world]")
{
    auto const world = World::make({.conversations = 300, .odd_ids = OddIds::yes});
    auto textless = 0;
    auto actorless = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const conversation = world.conversation(i).id;
        for (auto const& message : world.messages(i)) {
            auto opinion = second_opinion(message.json, conversation);
            REQUIRE(opinion.id == message.id);
            auto lower = opinion.actor_type;
            std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c | ' '; });
            REQUIRE(message.row.has_value() == (lower != "system"));
            if (message.row) {
                REQUIRE(microseconds(opinion.created_time) == microseconds(message.row->created_time));
                REQUIRE(message.row->created_time.size() == 27);
                opinion.created_time = message.row->created_time;
                INFO(message.json);
                REQUIRE(opinion == *message.row);
                textless += opinion.message_parts.empty() ? 1 : 0;
                actorless += opinion.actor_type.empty() ? 1 : 0;
            }
        }
    }
    CHECK(textless > 100);
    CHECK(actorless > 20);
}

TEST_CASE("invalid text is expected repaired", "[world]")
{
    auto const world = World::make({.conversations = 50, .invalid_text = InvalidText::yes});
    std::string received;
    std::string expected;
    for (std::size_t i = 0; i < world.size(); ++i) {
        for (auto const& message : world.messages(i)) {
            received += message.row ? message.json : "";
            expected += message.row ? message.row->message_parts : "";
        }
    }
    for (auto const* piece : {"nul\\u0000less", "high \\ud83d lone", "\\ude1f\\ud83d", "byte \xff stray", "\xc3("}) {
        CHECK(received.find(piece) != std::string::npos);
    }
    for (auto const* piece : {"nulless", "high \uFFFD lone", "turned \uFFFD\uFFFD round", "byte \uFFFD stray"}) {
        CHECK(expected.find(piece) != std::string::npos);
    }
    CHECK(expected.find('\0') == std::string::npos);
    CHECK(expected.find('\xff') == std::string::npos);
}
