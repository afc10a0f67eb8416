// Whom a pass owes to the next one, and of how many selections the file knows that.

#include "app/files/state_file.hpp"

#include "passes_bench.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("what failed is owed until it is settled, and read to its end")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path());
    leave_mark(s, "2026-03-01T02:35:00Z", {"a", "b", "c\n"});
    StateFile second{s};
    CHECK(begin(s).owed == std::vector<ConversationId>{"a", "b", "c\n"});
    CHECK(begin(nightly(file.path())).owed.empty()); // it takes all anyway
    CHECK(second.may_be_parted("a", 0));
    CHECK(StateFile{nightly(file.path())}.may_be_parted("a", 0));
    second.complete("a", 1);
    second.complete("x", 1);
    second.lacking("b");
    second.lacking("d");
    second.lacking("e");
    second.complete("e", 1); // on its second turn
    REQUIRE(second.keeps_failed());
    REQUIRE(second.save().empty());
    CHECK(begin(s).owed == std::vector<ConversationId>{"b", "c\n", "d"});
    CHECK(begin(s).mark == "2026-03-01T02:35:00Z"); // nobody moved it
    StateFile third{s};
    third.lacking("f");
    third.complete("b", 1);
    REQUIRE(third.save().empty()); // stopped: behind pages that are stored, nobody would look for it again
    CHECK(begin(s).owed == std::vector<ConversationId>{"c\n", "d", "f"});
}

TEST_CASE("of two runs side by side each settles and adds its own")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path());
    leave_mark(s, "2026-03-01T02:35:00Z", {"a", "b"});
    StateFile first{s};
    StateFile second{s};
    first.complete("a", 1);
    first.lacking("c");
    REQUIRE(first.keeps_failed());
    first.move_mark("2026-03-02T02:35:00Z");
    REQUIRE(first.save().empty());
    second.complete("b", 1);
    second.lacking("d");
    REQUIRE(second.keeps_failed());
    REQUIRE(second.save().empty());
    CHECK(begin(s).owed == std::vector<ConversationId>{"c", "d"});
    CHECK(begin(s).mark == "2026-03-02T02:35:00Z");
}

TEST_CASE("ten thousand are kept; one more, and none is, nor does the mark move")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path());
    leave_mark(s, "2026-03-01T02:35:00Z", {"old"});
    StateFile state{s};
    for (int i = 0; i < 9'999; ++i) {
        state.lacking(fmt::format("8d5ed80f-019b-5540-b9df-{:012}", i));
    }
    CHECK(state.keeps_failed());
    state.lacking("one more");
    CHECK_FALSE(state.keeps_failed());
    REQUIRE(state.save().empty());
    CHECK(begin(s).owed == std::vector<ConversationId>{"old"});
    state.complete("old", 1);
    CHECK(state.keeps_failed());
    state.move_mark("2026-03-02T02:35:00Z");
    REQUIRE(state.save().empty());
    CHECK(begin(s).owed.size() == 10'000);
    CHECK(begin(s).mark == "2026-03-02T02:35:00Z");
    CHECK(begin(s).warnings.empty());
    StateFile next{s};
    for (int i = 0; i < 10'001; ++i) {
        next.lacking("n" + std::to_string(i));
    }
    CHECK_FALSE(next.keeps_failed());
    StateFile long_id{s};
    long_id.complete("one more", 1);
    long_id.lacking(std::string(251, 'x'));
    CHECK_FALSE(long_id.keeps_failed());
}

TEST_CASE("a selection that owes somebody a try is not among the eight whose marks are kept, but beside them")
{
    ScratchFile const file{R"({"version":1})"};
    auto const of = [&](int i) { return by_mark(file.path(), {"--where=a=eq." + std::to_string(i)}); };
    leave_mark(of(0), "2026-01-01T00:00:00Z", {"refused"});
    for (int i = 1; i <= 20; ++i) {
        leave_mark(of(i), "2026-02-01T00:00:00Z");
    }
    CHECK(begin(of(0)).owed == std::vector<ConversationId>{"refused"});
    CHECK(begin(of(20)).mark == "2026-02-01T00:00:00Z");
    for (int i = 21; i <= 90; ++i) {
        leave_mark(of(i), "2026-02-01T00:00:00Z", {"refused"});
    }
    CHECK(begin(of(0)).owed.empty());
    CHECK(begin(of(90)).owed == std::vector<ConversationId>{"refused"});
}

TEST_CASE("the file keeps the marks of eight selections, and this run's")
{
    ScratchFile const file{R"({"version":1})"};
    for (int day = 1; day <= 9; ++day) {
        leave_mark(by_mark(file.path(), {"--where=a=eq." + std::to_string(day)}),
            "2026-02-0" + std::to_string(day) + "T00:00:00Z");
    }
    auto const mark_of = [&](int day) {
        return begin(by_mark(file.path(), {"--where=a=eq." + std::to_string(day)})).mark;
    };
    CHECK(mark_of(1).empty());
    for (int day = 2; day <= 9; ++day) {
        CHECK(mark_of(day) == "2026-02-0" + std::to_string(day) + "T00:00:00Z");
    }
}

TEST_CASE("passes that no run can have left make the file a damaged one")
{
    auto const passes = GENERATE(as<std::string>{}, "{}", "7", "[7]", "[{}]", R"([{"selection":"x","mark":""}])",
        R"([{"selection":"x","mark":"soon","owed":[]}])", R"([{"selection":"x","mark":"","owed":{}}])",
        R"([{"selection":"x","owed":[]}])", R"([{"mark":"","owed":[]}])");
    CAPTURE(passes);
    ScratchFile const file{R"({"version":1,"passes":)" + passes + "}"};
    auto const last = begin(by_mark(file.path()));
    REQUIRE(last.warnings.size() == 1);
    CHECK(last.warnings.front() == "STATE_FILE=" + file.path() + " is damaged and ignored.");
    CHECK(last.updated_since.empty());
    CHECK(last.owed.empty());
}
