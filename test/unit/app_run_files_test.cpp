// What a run leaves to the next one in STATE_FILE.

#include "app/files/run_files.hpp"

#include "support/run_desk.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using calls::CeilingOrigin;

namespace {

Settings settings_for(ScratchFile const& state, Shard shard = {})
{
    Settings settings;
    settings.state_file = state.path();
    settings.freshchat = http::parse_endpoint("https://acme.freshchat.com/v2");
    settings.supabase = http::parse_endpoint("https://abc.supabase.co/rest/v1");
    settings.selection.shard = shard;
    settings.quota.shards = shard.count;
    return settings;
}

/// A run that knows this of the quota at its end.
void run(Settings const& settings, double ceiling_per_minute, CeilingOrigin origin)
{
    RunFiles files{settings};
    RunDesk desk;
    FetchingPace pace;
    pace.freshchat.ceiling_per_minute = ceiling_per_minute;
    pace.freshchat.origin = origin;
    desk.facts.pace_from([pace] { return pace; });
    files.leave_state(Ending::complete, 0, desk.facts, desk.report);
}

double remembered(Settings const& settings)
{
    return RunFiles{settings}.last_run().ceiling_per_minute;
}

} // namespace

TEST_CASE("a ceiling that was learned or declared is remembered, one that was given is not")
{
    ScratchFile const state{"{\"version\":1}"};
    auto const settings = settings_for(state);
    run(settings, 100, CeilingOrigin::given);
    CHECK(remembered(settings) == 0);
    run(settings, 396.5, CeilingOrigin::learned);
    CHECK(remembered(settings) == Approx(396.5));
    run(settings, 100, CeilingOrigin::given); // nor does it take the place of what is known
    run(settings, 0, CeilingOrigin::none);
    CHECK(remembered(settings) == Approx(396.5));
    run(settings, 400, CeilingOrigin::declared);
    CHECK(remembered(settings) == Approx(400));
}

TEST_CASE("what a shard learned is remembered as the whole host's")
{
    ScratchFile const state{"{\"version\":1}"};
    run(settings_for(state, {1, 4}), 100, CeilingOrigin::learned);
    CHECK(remembered(settings_for(state, {1, 4})) == Approx(400));
    CHECK(remembered(settings_for(state)) == Approx(400)); // also for a run without shards
}
