#include "support/test_texts.hpp"

#include "backfill/rows/chunks.hpp"
#include "backfill/rows/clean.hpp"
#include "backfill/rows/prepare.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace backfill;
using namespace backfill::rows;

namespace {

CleanRules const kDefaultRules{{{"id", "id"}, {"conversationid", "conversationid"}, {"actor_type", "actor_type"},
                                   {"message_parts", "message_parts"}, {"created_time", "created_time"}},
    {"system"}, {}};

Message message(std::string_view id)
{
    return {test::texts().keep(id), "user", "normal", "2025-01-01T00:00:00.5Z", {" hello ", "", "  ", "world"}, {}, {}};
}

Row row(std::string_view id, std::size_t bytes = 10, std::string_view conversation = "c")
{
    return {test::texts().keep(id), conversation, 0, test::texts().keep(std::string(bytes, 'x'))};
}

std::vector<std::string> ids(std::vector<Row> const& rows)
{
    std::vector<std::string> out;
    for (auto const& r : rows) {
        out.emplace_back(r.id);
    }
    return out;
}

} // namespace

TEST_CASE("a message becomes a row with the conversation's id and cleaned text")
{
    auto const cleaned = clean(message("m1"), "conv \"1\"", kDefaultRules, test::texts());
    auto const& made = std::get<Row>(cleaned);
    CHECK(made.id == "m1");
    CHECK(made.conversation == "conv \"1\"");
    CHECK(made.time_key == 1'735'689'600'500'000);
    CHECK(made.json
        == R"({"id":"m1","conversationid":"conv \"1\"","actor_type":"user","message_parts":"hello world","created_time":"2025-01-01T00:00:00.5Z"})");
}

TEST_CASE("columns may be renamed, reordered, and taken from any field")
{
    auto rules = kDefaultRules;
    rules.columns = {
        {"raw", "payload"}, {"id", "msg_id"}, {"conversationid", "conv"}, {"rating", "stars"}, {"absent", "absent"}};
    auto input = message("m1");
    input.raw = R"({"id":"m1"})";
    input.fields = {{"rating", "5"}};
    CHECK(std::get<Row>(clean(input, "c", rules, test::texts())).json
        == R"({"payload":{"id":"m1"},"msg_id":"m1","conv":"c","stars":5,"absent":null})");
}

TEST_CASE("the array of parts goes into a row as received, and as an empty one where there is none")
{
    auto rules = kDefaultRules;
    rules.columns = {{"id", "id"}, {"parts", "parts"}};
    auto input = message("m1");
    CHECK(std::get<Row>(clean(input, "c", rules, test::texts())).json == R"({"id":"m1","parts":[]})");
    input.fields = {{"message_parts", R"([{"text":{"content":"x"}}])"}};
    CHECK(std::get<Row>(clean(input, "c", rules, test::texts())).json
        == R"({"id":"m1","parts":[{"text":{"content":"x"}}]})");
}

TEST_CASE("a row lacks a text if its message has other parts only, and the text has a column")
{
    auto const lacks_text = [](Message const& input, CleanRules const& rules) {
        return std::get<Row>(clean(input, "c", rules, test::texts())).lacks_text;
    };
    auto input = message("m1");
    input.has_other_parts = true;
    CHECK_FALSE(lacks_text(input, kDefaultRules));
    input.part_texts = {" ", "\t"};
    CHECK(lacks_text(input, kDefaultRules));
    auto rules = kDefaultRules;
    rules.columns = {{"id", "id"}, {"conversationid", "conversationid"}, {"parts", "parts"}};
    CHECK_FALSE(lacks_text(input, rules));
    input.has_other_parts = false; // it says nothing at Freshchat either
    CHECK_FALSE(lacks_text(input, kDefaultRules));
}

TEST_CASE("excluded types are compared without case, and exclusion comes before any complaint")
{
    auto input = message("");
    input.actor_type = "SysTem";
    input.created_time = "garbage";
    CHECK(std::holds_alternative<Excluded>(clean(input, "c", kDefaultRules, test::texts())));
    auto rules = kDefaultRules;
    rules.excluded_actor_types.clear();
    rules.excluded_message_types = {"private"};
    auto note = message("m1");
    note.message_type = "PRIVATE";
    CHECK(std::get<Excluded>(clean(note, "c", rules, test::texts())).reason == "message_type PRIVATE");
    CHECK(std::holds_alternative<Row>(clean(message("m1"), "c", rules, test::texts())));
}

TEST_CASE("a message without an id or a readable time is unusable, never given an invented one")
{
    CHECK(std::get<Unusable>(clean(message(""), "c", kDefaultRules, test::texts())).reason
        == "it has neither id nor uuid");
    auto late = message("m1");
    late.created_time = "";
    CHECK(std::get<Unusable>(clean(late, "c", kDefaultRules, test::texts())).reason == "it has no created_time");
    late.created_time = "tomorrow";
    CHECK(
        std::get<Unusable>(clean(late, "c", kDefaultRules, test::texts())).reason == "its created_time is not a time");
}

TEST_CASE("a time that no column wants need not be readable")
{
    auto rules = kDefaultRules;
    rules.columns = {{"id", "id"}, {"conversationid", "conversationid"}};
    auto timeless = message("m1");
    timeless.created_time = "";
    CHECK(std::get<Row>(clean(timeless, "c", rules, test::texts())).time_key == 0); // of no day
}

TEST_CASE("every message is prepared as a new row, a stored row, an excluded or an unusable message; rows oldest first")
{
    std::vector<Message> newest_first;
    for (auto const* id : {"d", "b", "c", "", "a", "s"}) {
        newest_first.push_back(message(id));
    }
    newest_first[0].created_time = "2025-01-02T00:00:00Z";
    newest_first[4].created_time = "2024-01-01T00:00:00Z";
    newest_first[5].actor_type = "system";
    auto const prepared = prepare("conv", newest_first, {"a", "d", "z"}, kDefaultRules);
    CHECK(ids(prepared.fresh) == std::vector<std::string>{"b", "c"}); // of the same time: by id
    CHECK(ids(prepared.stored) == std::vector<std::string>{"a", "d"});
    CHECK(prepared.fresh.front().conversation == "conv");
    REQUIRE(prepared.excluded.size() == 1);
    CHECK(prepared.excluded.front().message == "s");
    CHECK(prepared.excluded.front().reason == "actor_type system");
    REQUIRE(prepared.unusable.size() == 1);
    CHECK(prepared.unusable.front().reason == "it has neither id nor uuid");
}

TEST_CASE("a page has news unless all its messages are stored or excluded, at least one stored")
{
    auto excluded = message("s");
    excluded.actor_type = "system";
    CHECK_FALSE(has_news({message("a"), excluded}, {"a"}, kDefaultRules));
    CHECK(has_news({message("a"), message("b")}, {"a"}, kDefaultRules));
    CHECK(has_news({excluded}, {"a"}, kDefaultRules));
    CHECK(has_news({}, {"a"}, kDefaultRules));
}

TEST_CASE("a chunk is the rows that waited longest, in their order, within both limits")
{
    std::deque<Row> waiting{row("d"), row("b"), row("c"), row("a")};
    CHECK(ids(take_chunk(waiting, {3, 1000})) == std::vector<std::string>{"d", "b", "c"});
    CHECK(ids(take_chunk(waiting, {3, 1000})) == std::vector<std::string>{"a"});
    CHECK(waiting.empty());
    CHECK(take_chunk(waiting, {3, 1000}).empty());
}

TEST_CASE("a row above the byte limit goes alone, not never")
{
    std::deque<Row> waiting{row("a", 50), row("b", 5000), row("c", 50)};
    CHECK(ids(take_chunk(waiting, {500, 100})) == std::vector<std::string>{"a"});
    CHECK(ids(take_chunk(waiting, {500, 100})) == std::vector<std::string>{"b"});
    CHECK(ids(take_chunk(waiting, {500, 100})) == std::vector<std::string>{"c"});
}

TEST_CASE("an id stands once in a chunk; its second row goes with the next")
{
    std::deque<Row> waiting{row("a"), row("b"), row("a"), row("c")};
    CHECK(ids(take_chunk(waiting, {})) == std::vector<std::string>{"a", "b"});
    CHECK(ids(take_chunk(waiting, {})) == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a conversation begins a request of its own, unless all of it fits behind what waited before")
{
    std::deque<Row> waiting{row("a1", 10, "a"), row("a2", 10, "a"), row("b1", 10, "b"), row("b2", 10, "b")};
    auto const limits = GENERATE(ChunkLimits{3, 1000}, ChunkLimits{500, 40});
    SECTION("fits")
    {
        CHECK(ids(take_chunk(waiting, limits)) == std::vector<std::string>{"a1", "a2"});
        CHECK(ids(take_chunk(waiting, limits)) == std::vector<std::string>{"b1", "b2"});
    }
    SECTION("too many rows or bytes")
    {
        waiting.push_back(row("b3", 10, "b"));
        waiting.push_back(row("b4", 10, "b"));
        CHECK(ids(take_chunk(waiting, limits)) == std::vector<std::string>{"a1", "a2"});
        CHECK(ids(take_chunk(waiting, limits)) == std::vector<std::string>{"b1", "b2", "b3"});
        CHECK(ids(take_chunk(waiting, limits)) == std::vector<std::string>{"b4"});
    }
    SECTION("holds an id of the one before")
    {
        waiting.back() = row("a1", 10, "b");
        CHECK(ids(take_chunk(waiting, {})) == std::vector<std::string>{"a1", "a2"});
        CHECK(ids(take_chunk(waiting, {})) == std::vector<std::string>{"b1", "a1"});
    }
}

TEST_CASE("chunks of random rows hold every row once and keep the limits")
{
    auto const seed = GENERATE(range(0U, 20U));
    std::mt19937 random{seed};
    std::deque<Row> waiting;
    std::size_t const count = random() % 300;
    for (std::size_t i = 0; i < count; ++i) {
        waiting.push_back(row(std::to_string(random() % 200), 1 + random() % 90));
    }
    std::vector<std::string> before = ids({waiting.begin(), waiting.end()});
    std::vector<std::string> after;
    while (!waiting.empty()) {
        auto const chunk = take_chunk(waiting, {17, 400});
        auto const names = ids(chunk);
        std::size_t bytes = 0;
        for (auto const& r : chunk) {
            bytes += r.json.size();
        }
        REQUIRE(chunk.size() <= 17);
        REQUIRE(bytes <= 400);
        REQUIRE(std::set<std::string>{names.begin(), names.end()}.size() == names.size());
        after.insert(after.end(), names.begin(), names.end());
    }
    CHECK(before == after);
}
