// Faults that pass: each costs a retry, none costs a row.

#include "program/frozen_postgrest.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <memory>
#include <string>
#include <vector>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// One of each, all of which pass; each strikes the first page of a conversation of its own.
std::vector<Fault> passing_faults()
{
    std::vector<Fault> faults{
        {.status = 429, .retry_after = RetryAfter::seconds, .wait = 2s, .rate_headers = RateHeaders::limit},
        {.status = 429, .body = ErrorBody::empty, .retry_after = RetryAfter::zero},
        {.status = 429, .body = ErrorBody::html, .retry_after = RetryAfter::date, .wait = 2s},
        {.times = 2, .status = 503, .body = ErrorBody::text},
        {.status = 408},
        {.status = 500, .body = ErrorBody::success_false},
        {.status = 502, .body = ErrorBody::html},
        {.status = 504, .body = ErrorBody::empty},
        {.kind = FaultKind::huge_body, .size = 70'000'000},
    };
    for (auto const kind :
        {FaultKind::reset, FaultKind::close, FaultKind::close_after, FaultKind::cut_header, FaultKind::cut_length,
            FaultKind::cut_chunk, FaultKind::missing_last_chunk, FaultKind::hang, FaultKind::stall, FaultKind::drip,
            FaultKind::drip_body, FaultKind::gzip, FaultKind::broken_json, FaultKind::lone_surrogate,
            FaultKind::invalid_utf8, FaultKind::nul_escape, FaultKind::huge_integer, FaultKind::deep_nesting}) {
        faults.push_back({.kind = kind});
    }
    return faults;
}

} // namespace

TEST_CASE("each fault of Freshchat that passes costs retries and no row")
{
    auto const world = World::make({.conversations = 40, .messages_per_conversation = 30});
    Switches switches;
    switches.page_clamp = 20;
    switches.faults = passing_faults();
    // Not the first conversation: a network fault that stayed would be fatal there.
    for (std::size_t i = 0; i < switches.faults.size(); ++i) {
        switches.faults[i].conversation = world.conversation(i + 1).id;
        switches.faults[i].page = 1;
    }
    store_only(world);
    Simulator const simulator{world, switches};
    auto const run =
        run_program({"run"}, with(settings_for(simulator), {{"CONCURRENCY", "40"}, {"REQUEST_TIMEOUT", "2"}}));
    CAPTURE(run.err);
    CHECK(run.code == 0);
    CHECK(simulator.counters().faults >= switches.faults.size());
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("a conversation that the machine has no memory for fails alone")
{
    auto const world = World::make({.conversations = 12});
    Switches switches;
    switches.faults = {{.conversation = world.conversation(3).id,
        .page = 1,
        .times = kAlways,
        .kind = FaultKind::huge_body,
        .size = 60'000'000}};
    store_only(world);
    Simulator const simulator{world, switches};
    // Room for the program and its threads' stacks, and for none of the buffers that grow to hold such a page.
    auto const program = start_in_shell(R"(ulimit -d 120000; exec "$0" run)", {}, settings_for(simulator));
    auto const run = program->wait();
    CAPTURE(run.out, run.err);
    CHECK(run.signal == 0);
    CHECK(run.code == 3);
    CHECK(run.err.find(world.conversation(3).id + ": there is not enough memory for its messages\n")
        != std::string::npos);
    auto const summary = summary_of(run.out);
    CHECK(summary.processed == 11);
    CHECK(summary.failed == 1);
}

TEST_CASE("a message that comes or goes while pages are read costs at most one more run")
{
    constexpr int kMessages = 70;
    auto const change = GENERATE(Change::insert, Change::remove);
    Switches switches;
    switches.page_clamp = 20;
    switches.change = change;
    switches.change_count = 3;
    store_only({"c"});
    Simulator const simulator{Conversations{{"c", messages("m", kMessages)}}, switches};
    CHECK(run_program({"run"}, settings_for(simulator)).code == 0);
    CHECK(run_program({"run"}, settings_for(simulator)).code == 0);
    // What Freshchat holds after the change: removed ones were the newest, and may be stored all the same.
    auto const kept = kMessages - (change == Change::remove ? 3 : 0);
    auto const query = "select count(*) from \"Message\" where substr(id, 2) ~ '^[0-9]+$' and id like 'm%' and "
                       "substr(id, 2)::int <= "
        + std::to_string(kept);
    CHECK(psql(query) == std::to_string(kept));
    if (change == Change::insert) {
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(
                psql("select count(*) from \"Message\" where id = " + sql_quoted(inserted_message_id("c", i))) == "1");
        }
    }
}

TEST_CASE(
    "an upsert that Supabase does not answer in time is sent again, and no row is doubled or miscounted as failed")
{
    auto const world = World::make({.conversations = 30});
    Simulator simulator{world};
    store_only(world);
    std::promise<void> frozen_now;
    std::unique_ptr<FrozenPostgrest> frozen;
    simulator.on_request([&, seen = 0](SeenRequest const&) mutable {
        if (++seen == 20) { // rows of ten more conversations are still to come
            frozen = std::make_unique<FrozenPostgrest>();
            frozen_now.set_value();
        }
    });
    auto const program = start_program({"run", "-v"}, with(settings_for(simulator), {{"REQUEST_TIMEOUT", "1"}}));
    REQUIRE(frozen_now.get_future().wait_for(30s) == std::future_status::ready);
    CHECK(program->wait_for(Stream::err, "try 2 of 6 follows"));
    frozen.reset();
    auto const ended = program->wait();
    CHECK(ended.code == 0);
    CHECK(compare_with(world) == kEqual);
    CHECK(tally_of(ended.out).total == world.expected_row_count());
}
