// As fast as a quota allows, and no faster.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/quota_model.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace backfill::test;

namespace {

World world_of(std::size_t conversations)
{
    return World::make({.conversations = conversations});
}

Environment adaptive(Simulator const& simulator)
{
    return with(settings_for(simulator),
        {{"PACE", "adaptive"}, {"RATE_LIMIT_DELAY", ""}, {"BATCH_DELAY", ""}, {"PAGE_DELAY", ""},
            {"PROGRESS", "none"}});
}

Switches with_quota(std::string const& rule)
{
    Switches switches;
    switches.quota = parse_quota(rule);
    return switches;
}

} // namespace

TEST_CASE("a run keeps a remembered ceiling for its twenty seconds, without a rejection")
{
    auto const world = world_of(400);
    store_only(world);
    Simulator simulator{world, with_quota("fixed:400")};
    ScratchFile const state{R"({"version":1,"requests_per_minute":{")" + simulator.base_url() + R"(/v2":400}})"};
    auto const ended = run_program({"run"},
        with(adaptive(simulator), {{"QUOTA_SHARE", "1"}, {"MAX_DURATION", "20s"}, {"STATE_FILE", state.path()}}));
    CAPTURE(ended.out, ended.err);
    CHECK(ended.code == 10);
    CHECK(ended.err.ends_with(" With the same STATE_FILE the next run goes on where this one stopped.\n"));
    auto const counters = simulator.counters();
    CHECK(counters.throttled == 0);
    // A third of a minute's quota at most. How near a run comes to it is told in virtual time (pace_tests); a busy
    // machine may take a part of these twenty seconds, but not half of them.
    CHECK(counters.requests <= 134);
    CHECK(counters.requests >= 67);
    CHECK(ended.out.find("Configuration: BATCH_SIZE=50, PACE=adaptive, CONCURRENCY=8\n") != std::string::npos);
    CHECK(ended.out.find("ceiling 400/min (learned), ") != std::string::npos);
    CHECK(ended.out.ends_with("; limited by quota\n"));
}

TEST_CASE("rejections make an adaptive run wait, and fail nothing")
{
    auto const world = world_of(30);
    store_only(world);
    // The bucket holds five calls and fills once a second: the eight fetchers meet its end at once.
    Simulator const seconds{world, with_quota("bucket:60:5,hint=seconds")};
    Simulator const date{world, with_quota("bucket:60:5,hint=date")};
    std::vector<std::pair<Simulator const*, std::unique_ptr<Subprocess>>> runs; // side by side: each rests for a while
    for (auto const* simulator : {&seconds, &date}) {
        runs.emplace_back(simulator, start_program({"run"}, with(adaptive(*simulator), {{"MAX_CONVERSATIONS", "12"}})));
    }
    for (auto const& [simulator, program] : runs) {
        auto const ended = program->wait(std::chrono::minutes{3});
        CAPTURE(ended.out, ended.err);
        CHECK(ended.code == 0);
        CHECK(notes_of(ended) == "");
        CHECK(summary_of(ended.out).processed == 12);
        CHECK(simulator->counters().throttled > 0);
        CHECK(ended.out.find(" " + std::to_string(simulator->counters().throttled) + " throttled, 0 retried; ")
            != std::string::npos);
    }
}

TEST_CASE("four shards at once fetch each conversation once")
{
    auto const world = world_of(200);
    store_only(world);
    Simulator simulator{world};
    std::vector<std::unique_ptr<Subprocess>> programs;
    for (auto const* shard : {"0/4", "1/4", "2/4", "3/4"}) {
        programs.push_back(start_program({"run", "--shard", shard}, settings_for(simulator)));
    }
    std::size_t conversations = 0;
    std::size_t inserted = 0;
    for (auto const& program : programs) {
        auto const ended = program->wait();
        CHECK(ended.code == 0);
        auto const summary = summary_of(ended.out);
        CHECK(summary.processed == summary.conversations);
        conversations += summary.conversations;
        inserted += summary.inserted;
    }
    CHECK(conversations == world.size());
    CHECK(inserted == world.expected_row_count());
    CHECK(compare_with(world) == kEqual);
    std::size_t first_pages = 0;
    for (auto const& request : simulator.requests()) {
        first_pages += request.page == 1 ? 1 : 0;
    }
    CHECK(first_pages == world.size());
}

TEST_CASE("a packed answer holds the same messages")
{
    auto const world = world_of(100);
    store_only(world);
    Simulator const simulator{world, {.packing = Packing::gzip}};
    CHECK(run_program({"run"}, settings_for(simulator)).code == 0);
    CHECK(compare_with(world) == kEqual);
}
