// What runs with other hosts and selections leave in one file.

#include "app/files/state_file.hpp"

#include "state_file_settings.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("the place of another host is ignored with one warning, whether or not a quota was learned there")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile left{settings};
    left.remember_ceiling(GENERATE(0, 100));
    left.remember_stop(Conversation{"c", ""}, {0});
    REQUIRE(left.save().empty());
    auto other = settings;
    other.freshchat = http::parse_endpoint("https://other.freshchat.com/v2");
    StateFile const state{other};
    CHECK(state.last_run().warnings
        == std::vector{"STATE_FILE=" + file.path() + " is of another Freshchat host: ignored."});
    CHECK_FALSE(state.last_run().after);
    CHECK(state.last_run().ceiling_per_minute == 0);
}

TEST_CASE("the place of a run that wanted other rows is not gone on from, with one warning; the quota is that of both")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile left{settings};
    left.remember_ceiling(100);
    left.remember_stop(Conversation{"c", ""}, {0});
    REQUIRE(left.save().empty());
    auto const change = GENERATE(values<void (*)(Settings&)>({
        [](Settings& other) { other.supabase = http::parse_endpoint("https://other.supabase.co/rest/v1"); },
        [](Settings& other) { other.conversations = "Message"; },
        [](Settings& other) { other.messages.table = "Conversation"; },
        [](Settings& other) {
            other.messages.columns = {{"id", "id"}, {"conversationid", "chat"}};
        },
        [](Settings& other) { other.messages.on_conflict = supabase::OnConflict::update; },
        [](Settings& other) { other.clean_rules.excluded_actor_types = {"system"}; },
        [](Settings& other) { other.clean_rules.excluded_message_types = {"system"}; },
        [](Settings& other) { other.selection.created_from = "2025-01-01T00:00:00Z"; },
        [](Settings& other) { other.selection.created_to = "2025-01-01T00:00:00Z"; },
        [](Settings& other) {
            other.selection.shard = {0, 2};
        },
        [](Settings& other) { other.selection.limit = 2; },
        [](Settings& other) { other.selection.only = std::vector<std::string>{"c"}; },
        [](Settings& other) { other.mode = Mode::missing; },
    }));
    auto other = settings;
    change(other);
    StateFile const state{other};
    CHECK(state.last_run().warnings
        == std::vector{"STATE_FILE=" + file.path()
            + ": the place in it is that of a run with another host, filters, tables or shard. It is kept for such a "
              "run; "
              "this one begins at the oldest conversation."});
    CHECK_FALSE(state.last_run().after);
    CHECK(state.last_run().ceiling_per_minute == 100);
}

TEST_CASE("the order in which types are excluded makes no other run")
{
    ScratchFile const file{"{\"version\":1}"};
    auto settings = settings_for(file.path());
    settings.clean_rules.excluded_actor_types = {"system", "bot"};
    StateFile left{settings};
    left.remember_stop(Conversation{"c", ""}, {0});
    REQUIRE(left.save().empty());
    settings.clean_rules.excluded_actor_types = {"bot", "system"};
    CHECK(StateFile{settings}.last_run().after);
}

TEST_CASE("a run with other filters keeps the place of the run before, and leaves its own beside it")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const nightly = settings_for(file.path());
    StateFile left{nightly};
    left.remember_stop(Conversation{"c7", "2025-07-10T19:47:55Z"}, {3});
    left.remember_ceiling(100);
    REQUIRE(left.save().empty());
    auto once = nightly;
    bool const of_other_host = GENERATE(false, true);
    if (of_other_host) {
        once.freshchat = http::parse_endpoint("https://other.freshchat.com/v2");
    } else {
        once.selection.only = std::vector<std::string>{"x"};
    }
    bool const stops = GENERATE(false, true);
    StateFile one_off{once};
    if (stops) {
        one_off.remember_stop(Conversation{"x", ""}, {0});
    } else {
        one_off.forget_stop();
    }
    REQUIRE(one_off.save().empty());
    StateFile next{nightly};
    CHECK(next.last_run().warnings.empty());
    REQUIRE(next.last_run().after);
    CHECK(next.last_run().after->id == "c7");
    CHECK(next.last_run().failed_before == 3);
    CHECK(next.last_run().ceiling_per_minute == 100);
    next.forget_stop();
    REQUIRE(next.save().empty());
    StateFile const again{once};
    CHECK(again.last_run().warnings.empty() == (stops || !of_other_host));
    CHECK(again.last_run().after.has_value() == stops);
}

TEST_CASE("a warning of a place that is left alone comes once, not every night")
{
    ScratchFile const file{"{\"version\":1}"};
    auto settings = settings_for(file.path());
    StateFile left{settings};
    left.remember_stop(Conversation{"c", ""}, {0});
    REQUIRE(left.save().empty());
    bool const of_host = GENERATE(false, true);
    if (of_host) {
        settings.freshchat = http::parse_endpoint("https://other.freshchat.com/v2");
    } else {
        settings.mode = Mode::incremental;
    }
    StateFile first{settings};
    CHECK(first.last_run().warnings.size() == 1);
    REQUIRE(first.save().empty());
    CHECK(StateFile{settings}.last_run().warnings.empty());
}

TEST_CASE("the quota of a host without a place is left out once another host's run saves")
{
    ScratchFile const file{"{\"version\":1}"};
    auto settings = settings_for(file.path());
    StateFile here{settings};
    here.remember_ceiling(100);
    REQUIRE(here.save().empty());
    CHECK(StateFile{settings}.last_run().ceiling_per_minute == 100);
    settings.freshchat = http::parse_endpoint("https://other.freshchat.com/v2");
    REQUIRE(StateFile{settings}.save().empty());
    CHECK(content_of(file.path()).find("acme") == std::string::npos);
}

TEST_CASE("the last eight places are kept")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const of = [&](std::size_t limit) {
        auto settings = settings_for(file.path());
        settings.selection.limit = limit;
        return settings;
    };
    for (std::size_t limit = 1; limit <= 10; ++limit) {
        StateFile state{of(limit)};
        state.remember_stop(Conversation{std::to_string(limit), ""}, {0});
        REQUIRE(state.save().empty());
    }
    CHECK_FALSE(StateFile{of(1)}.last_run().after);
    CHECK_FALSE(StateFile{of(2)}.last_run().after);
    for (std::size_t limit = 3; limit <= 10; ++limit) {
        auto const state = StateFile{of(limit)};
        REQUIRE(state.last_run().after);
        CHECK(state.last_run().after->id == std::to_string(limit));
    }
}
