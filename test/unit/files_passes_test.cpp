// The mark that UPDATED_SINCE=last-run goes by, and whom a pass owes to the next one.

#include "app/files/pass.hpp"
#include "app/files/selection_hash.hpp"
#include "app/files/state_file.hpp"

#include "backfill/core/timestamp.hpp"
#include "passes_bench.hpp"
#include "support/scratch_file.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("a pass asks for what changed since the mark, less a day; without a mark for all")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path());
    CHECK(begin(s).updated_since.empty());
    CHECK(begin(s).began == "2026-03-02T02:35:00.000Z");
    leave_mark(s, "2026-03-01T02:35:00.500Z");
    CHECK(begin(s).updated_since == "2026-02-28T02:35:00.500Z");
    CHECK(begin(s).next_updated_since == "2026-03-01T02:35:00.000Z");
    CHECK(begin(nightly(file.path())).updated_since.empty());
    CHECK(begin(nightly(file.path(), {"--updated-since=25h"})).updated_since == "2026-03-01T01:35:00.000Z");
    CHECK(begin(nightly(file.path(), {"--updated-since=25h"})).next_updated_since == "2026-03-02T02:35:00.000Z");
    CHECK(begin(nightly(file.path(), {"--updated-since=7d"})).updated_since == "2026-02-23T02:35:00.000Z");
    CHECK(begin(nightly(file.path(), {"--updated-since=2026-01-01"})).updated_since == "2026-01-01T00:00:00Z");
    CHECK(begin_pass(settings({"--updated-since=90m"}), nullptr, kNight).updated_since == "2026-03-02T01:05:00.000Z");
}

TEST_CASE("a mark that is still to come is not believed, with one warning")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path());
    leave_mark(s, "2026-03-02T02:35:00.001Z");
    auto const last = begin(s);
    CHECK(last.updated_since.empty());
    CHECK(last.warnings.size() == 1);
    CHECK(takes_all_changes(s, last)); // so that the next night has a sound one
    CHECK(begin(nightly(file.path())).warnings.empty());
    CHECK(begin(s, kNight + std::chrono::milliseconds{1}).warnings.empty());
}

TEST_CASE("the mark moves where all that changed before was taken, and nowhere else")
{
    ScratchFile const file{R"({"version":1})"};
    leave_mark(by_mark(file.path()), "2026-03-01T02:35:00Z");
    auto const moves = [&](std::vector<std::string> const& options) {
        auto const s = nightly(file.path(), options);
        return takes_all_changes(s, begin(s));
    };
    CHECK(moves({}));
    CHECK(moves({"--updated-since=last-run"}));
    CHECK(moves({"--updated-since=2026-02-28T02:35:00Z"})); // a day before the mark
    CHECK_FALSE(moves({"--updated-since=2026-02-28T02:35:01Z"}));
    CHECK(moves({"--updated-since=2d"}));
    CHECK_FALSE(moves({"--updated-since=25h"}));
    CHECK_FALSE(moves({"--updated-since=last-run", "--limit=5"}));
    CHECK_FALSE(moves({"--updated-since=last-run", "--conversation-id=a"}));
    CHECK_FALSE(moves({"--updated-since=9d", "--where=a=eq.1"})); // another selection: there is no mark
    CHECK(moves({"--updated-since=last-run", "--where=a=eq.1"})); // so it takes all
    for (auto const* command : {"dry-run", "verify"}) {
        auto const s = *parse({command, "--updated-since=last-run", "--state-file=" + file.path()}, kRequired).settings;
        CHECK_FALSE(takes_all_changes(s, begin(s)));
    }
}

TEST_CASE("a mark is that of its selection; limits, chosen ids and the bound itself are none of it")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = by_mark(file.path(), {"--where=a=eq.1", "--where=b=eq.2"});
    leave_mark(s, "2026-03-01T02:35:00Z");
    auto const has_mark = [&](std::vector<std::string> options) {
        options.insert(options.end(),
            {"--where=b=eq.2", "--where=a=eq.1", "--updated-since=last-run", "--state-file=" + file.path()});
        return !begin(settings(options)).mark.empty();
    };
    CHECK(has_mark({"--mode=incremental"}));
    CHECK(has_mark({"--mode=incremental", "--limit=3"}));
    CHECK(has_mark({"--mode=incremental", "--conversation-id=x"}));
    CHECK(has_mark({"--mode=incremental", "--batch-size=3"}));
    for (auto const* other : {"--mode=missing", "--where=c=eq.3", "--created-from=2025-01-01", "--shard=0/2",
             "--exclude-actor-types=none", "--message-table=M", "--conversation-table=C", "--schema=crm",
             "--conversation-columns=id,created_time,updated_time=changed_at", "--on-conflict=update",
             "--freshchat-domain=other.freshchat.com", "--message-columns=id,conversationid"}) {
        CAPTURE(other);
        std::string const mode = std::string{other}.starts_with("--mode") ? other : "--mode=incremental";
        CHECK_FALSE(has_mark(mode == other ? std::vector<std::string>{other} : std::vector<std::string>{mode, other}));
    }
    auto const verify =
        parse({"verify", "--where=b=eq.2", "--where=a=eq.1", "--updated-since=last-run", "--state-file=" + file.path()},
            kRequired);
    CHECK(begin(*verify.settings).mark == "2026-03-01T02:35:00Z"); // it has no mode
}

TEST_CASE("the place of a pass keeps its beginning and its bound, whenever it goes on")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = nightly(file.path(), {"--updated-since=25h"});
    StateFile first{s};
    first.remember_stop(
        Conversation{"a", ""}, {.failed = 2, .began = "2026-03-01T02:35:00Z", .updated_since = "2026-02-28T01:35:00Z"});
    REQUIRE(first.save().empty());
    auto const next = begin(s);
    REQUIRE(next.after);
    CHECK(next.began == "2026-03-01T02:35:00Z");
    CHECK(next.updated_since == "2026-02-28T01:35:00Z");
    CHECK(next.failed_before == 2);
    CHECK(next.all_kept);
    // The run after it, a day later, asks for 25 hours: not for what changed right after the pass began.
    REQUIRE(next.warnings.size() == 1);
    CHECK(next.warnings[0].find("run once with --updated-since 2026-03-01T02:35:00Z") != std::string::npos);
    CHECK(begin(s, kNight - std::chrono::hours{12}).warnings.empty());   // half a day later, it does
    CHECK(begin(nightly(file.path(), {"--updated-since=1500m"})).after); // the same, spelt otherwise
    CHECK_FALSE(begin(nightly(file.path(), {"--updated-since=24h"})).after);
    CHECK_FALSE(begin(by_mark(file.path())).after);
    CHECK_FALSE(begin(nightly(file.path())).after);
    auto const other_column =
        nightly(file.path(), {"--updated-since=25h", "--conversation-columns=id,created_time,updated_time=changed"});
    CHECK_FALSE(begin(other_column).after);
}

TEST_CASE("the place of an earlier version has no beginning, so its pass moves no mark")
{
    ScratchFile const file{R"({"version":1})"};
    auto const s = nightly(file.path());
    StateFile first{s};
    first.remember_stop(Conversation{"a", ""}, {});
    REQUIRE(first.save().empty());
    CHECK(content_of(file.path()).find("began") == std::string::npos);
    auto const next = begin(s);
    REQUIRE(next.after);
    CHECK(next.began.empty());
    CHECK_FALSE(takes_all_changes(s, next));
}

TEST_CASE("the selection of runs without the new settings has the hash of earlier versions")
{
    auto one = settings({"--mode=incremental"});
    CHECK(selection_hash(one) == "155c6b28d8b6d04a");
    one.supabase_key_role = "anon"; // row-level security may hide rows from it that another key sees
    CHECK(selection_hash(one) != "155c6b28d8b6d04a");
}
