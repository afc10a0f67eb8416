#include "support/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace backfill::test;

namespace {

std::string whole_text(World const& world)
{
    std::ostringstream out;
    world.write_conversations_csv(out);
    world.write_expected_messages_csv(out);
    for (std::size_t i = 0; i < world.size(); ++i) {
        for (auto const& message : world.messages(i)) {
            out << message.json << '\n';
        }
    }
    return out.str();
}

} // namespace

TEST_CASE("the same options make the same world, another seed another one", "[world]")
{
    WorldOptions const options{.conversations = 60, .ties = 5, .nulls = 5, .odd_ids = OddIds::yes};
    auto other = options;
    other.seed = options.seed + 1;
    auto const text = whole_text(World::make(options));
    CHECK(text == whole_text(World::make(options)));
    CHECK(text != whole_text(World::make(other)));
}

TEST_CASE("the default world is 700 conversations with 6.7 k storable rows", "[world]")
{
    auto const world = World::make({});
    std::size_t messages = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        messages += world.message_count(i);
    }
    CHECK(world.size() == 700);
    CHECK(world.expected_row_count() == 6738); // exact: demo and README may rely on it
    auto const excluded = messages - world.expected_row_count();
    CHECK(excluded * 100 > messages * 13);
    CHECK(excluded * 100 < messages * 17);
}

TEST_CASE("messages_per_conversation scales the world", "[world]")
{
    auto const rows = World::make({.conversations = 100, .messages_per_conversation = 96}).expected_row_count();
    CHECK(rows > 7'000);
    CHECK(rows < 12'000);
}

TEST_CASE("conversations of a world cover the edges of a page", "[world]")
{
    auto const world = World::make({});
    std::set<std::size_t> counts;
    for (std::size_t i = 0; i < world.size(); ++i) {
        counts.insert(world.message_count(i));
    }
    for (auto const edge : {0U, 1U, 20U, 21U, 49U, 50U, 51U, 99U, 100U, 101U}) {
        CHECK(counts.contains(edge));
    }
}

TEST_CASE("no id occurs twice in a world and each conversation is found by its id", "[world]")
{
    auto const odd_ids = GENERATE(OddIds::no, OddIds::yes);
    auto const world = World::make({.odd_ids = odd_ids});
    std::set<std::string> conversations;
    std::set<std::string> messages;
    std::size_t count = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const id = world.conversation(i).id;
        REQUIRE(world.index_of(id) == i);
        conversations.insert(id);
        for (auto const& message : world.messages(i)) {
            messages.insert(message.id);
            ++count;
        }
    }
    CHECK(conversations.size() == world.size());
    CHECK(messages.size() == count);
    CHECK(!world.index_of("nobody"));
}

TEST_CASE("odd ids hold every character that something must quote", "[world]")
{
    auto const world = World::make({.conversations = 40, .odd_ids = OddIds::yes});
    std::string all;
    for (std::size_t i = 0; i < world.size(); ++i) {
        all += world.conversation(i).id;
    }
    for (auto const* needle : {",", "\"", "\\", "(", ")", " ", "+", "%", "/", "ä", "?", "&", "#", "'", "_feedback"}) {
        INFO(needle);
        CHECK(all.find(needle) != std::string::npos);
    }
}

TEST_CASE("so many conversations have no created_time, so many the same", "[world]")
{
    auto const world = World::make({.conversations = 50, .ties = 20, .nulls = 7});
    std::vector<std::string> times;
    auto nulls = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const time = world.conversation(i).created_time;
        nulls += time ? 0 : 1;
        times.push_back(time.value_or(""));
    }
    CHECK(nulls == 7);
    CHECK(std::count(times.begin(), times.end(), "2025-03-15T12:00:00.000000Z") == 20);
    CHECK(!std::is_sorted(times.begin() + 27, times.end()));
}

TEST_CASE("the long conversation is the last and as long as asked for", "[world]")
{
    auto const world = World::make({.conversations = 3, .one_long = 1234});
    CHECK(world.message_count(2) == 1234);
    CHECK(world.messages(2).size() == 1234);
    CHECK(world.message(2, 1233).json == world.messages(2)[1233].json);
    CHECK(world.message_count(1) < 102);
}

TEST_CASE("the CSV quotes everything but NULL and doubles quotes", "[world]")
{
    auto const world = World::make({.conversations = 60, .nulls = 1, .odd_ids = OddIds::yes});
    std::ostringstream out;
    world.write_conversations_csv(out);
    auto const text = out.str();
    CHECK(text.starts_with('"' + world.conversation(0).id + "\",\n"));
    CHECK(std::count(text.begin(), text.end(), '\n') == 60);
    auto const quoted = world.conversation(5); // say "hi"
    CHECK(text.find("\"say \"\"hi\"\"" + quoted.id.substr(8) + "\",\"" + *quoted.created_time + "\"\n")
        != std::string::npos);

    std::ostringstream rows;
    world.write_expected_messages_csv(rows);
    auto const row = *[&] {
        for (std::size_t i = 0;; ++i) {
            for (auto const& message : world.messages(i)) {
                if (message.row && message.row->actor_type.empty()) {
                    return message.row;
                }
            }
        }
    }();
    CHECK(rows.str().find(",\"" + row.created_time + "\"\n") != std::string::npos);
}
