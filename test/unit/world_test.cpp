#include "support/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace backfill::test;

TEST_CASE("the same options make the same world, another seed another one", "[world]")
{
    auto const text = [](std::uint64_t seed) {
        std::ostringstream out;
        auto const world = World::make({.seed = seed, .conversations = 60, .odd_ids = OddIds::yes});
        world.write_conversations_csv(out);
        world.write_expected_messages_csv(out);
        return out.str();
    };
    CHECK(text(2) == text(2));
    CHECK(text(2) != text(3));
}

TEST_CASE("the default world has 6738 storable rows, no id twice, and conversations at the edges of a page", "[world]")
{
    CHECK(World::make({}).expected_row_count() == 6738); // demo and README rely on it
    auto const world = World::make({.odd_ids = GENERATE(OddIds::no, OddIds::yes)});
    std::set<std::string> conversations;
    std::set<std::string> messages;
    std::set<std::size_t> counts;
    std::size_t count = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        conversations.insert(world.conversation(i).id);
        CHECK(world.index_of(world.conversation(i).id) == i);
        counts.insert(world.message_count(i));
        for (auto const& message : world.messages(i)) {
            messages.insert(message.id);
            ++count;
        }
    }
    CHECK(conversations.size() == 700);
    CHECK(messages.size() == count);
    for (auto const edge : {0U, 1U, 20U, 21U, 49U, 50U, 51U, 99U, 100U, 101U}) {
        CHECK(counts.contains(edge));
    }
}

TEST_CASE("odd ids hold every character that something must quote; times can be tied or missing", "[world]")
{
    auto const world =
        World::make({.conversations = 60, .ties = 20, .nulls = 7, .one_long = 1234, .odd_ids = OddIds::yes});
    std::string ids;
    std::vector<std::string> times;
    for (std::size_t i = 0; i < world.size(); ++i) {
        ids += world.conversation(i).id;
        times.push_back(world.conversation(i).created_time.value_or(""));
    }
    for (auto const* needle : {",", "\"", "\\", "(", ")", " ", "+", "%", "/", "ä", "?", "&", "#", "'", "_feedback"}) {
        CAPTURE(needle);
        CHECK(ids.find(needle) != std::string::npos);
    }
    CHECK(std::ranges::count(times, "") == 7);
    CHECK(std::ranges::count(times, "2025-03-15T12:00:00.000000Z") == 20);
    CHECK(!std::is_sorted(times.begin() + 27, times.end()));
    CHECK(world.message_count(59) == 1234);
}

TEST_CASE("conversations can hold e-mails or buttons alone, and the tables may name them by number", "[world]")
{
    auto const world = World::make({.conversations = 60,
        .messages_per_conversation = 50,
        .email_only = 10,
        .buttons_only = 10,
        .table_ids = TableIds::number});
    std::size_t silent = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        CHECK(world.conversation(i).id == conversation_number(i));
        CHECK(world.index_of(conversation_number(i)) == i);
        CHECK(world.index_of(world.uuid(i)) == i);
        for (auto const& message : world.messages(i)) {
            auto const* const part = i < 10 ? R"([{"email":)" : i < 20 ? R"([{"quick_reply_button":)" : "";
            CHECK(message.json.find(part) != std::string::npos);
            CHECK((!message.row || message.row->conversationid == conversation_number(i)));
            CHECK((i >= 20 || !message.row || message.row->message_parts.empty()));
            silent += i < 20 ? 1 : 0;
        }
    }
    CHECK(silent > 100);
    CHECK_FALSE(world.index_of(conversation_number(60)));
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
}
