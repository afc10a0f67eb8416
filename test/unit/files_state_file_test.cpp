#include "app/files/state_file.hpp"

#include "app/settings/settings.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

Settings settings_for(std::string const& path)
{
    Settings settings;
    settings.state_file = path;
    settings.freshchat = http::parse_endpoint("https://acme.freshchat.com/v2");
    settings.supabase = http::parse_endpoint("https://abc.supabase.co/rest/v1");
    settings.conversations = "Conversation";
    settings.messages.table = "Message";
    return settings;
}

IdSketch ids(std::initializer_list<char const*> ids)
{
    IdSketch sketch;
    std::ranges::for_each(ids, [&sketch](auto const* id) { sketch.add(id); });
    return sketch;
}

} // namespace

TEST_CASE("A place knows which conversations lie before it, if each part of the pass could tell")
{
    ScratchFile const file{""};
    auto const settings = settings_for(file.path());
    auto const known = GENERATE(true, false);
    StateFile first{settings};
    first.remember_stop(Conversation{"b", "2025-01-01"}, {0, ids({"a", "b"})});
    REQUIRE(first.save().empty());
    StateFile second{settings};
    second.remember_stop(Conversation{"c", "2025-01-02"}, {0, known ? std::optional{ids({"c"})} : std::nullopt});
    REQUIRE(second.save().empty());
    StateFile third{settings};
    CHECK(third.last_run().passed_before == (known ? std::optional{ids({"a", "b", "c"})} : std::nullopt));
    third.forget_stop();
    third.remember_stop(Conversation{"a", "2024-01-01"}, {0, ids({"a"})});
    CHECK(third.last_run().passed_before == ids({"a"}));
}

TEST_CASE("what one run leaves, the next one finds, and a completed one clears the place")
{
    ScratchFile const file{""};
    std::filesystem::remove(file.path());
    auto const settings = settings_for(file.path());
    StateFile first{settings};
    CHECK(first.last_run().warnings.empty());
    CHECK_FALSE(first.last_run().after);
    first.remember_ceiling(396.5);
    first.remember_stop(Conversation{"a\"b\n", "2025-07-10T19:47:55.123456+00:00"}, {2, ids({"x"})});
    CHECK(first.save().empty());

    StateFile second{settings};
    CHECK(second.last_run().warnings.empty());
    CHECK(second.last_run().ceiling_per_minute == Approx(396.5));
    REQUIRE(second.last_run().after);
    CHECK(second.last_run().after->id == "a\"b\n");
    CHECK(second.last_run().after->created_time == "2025-07-10T19:47:55.123456+00:00");
    CHECK(second.last_run().failed_before == 2);
    CHECK(second.last_run().passed_before == ids({"x"}));
    second.remember_ceiling(0);              // learned nothing: what was known stays
    second.remember_stop(std::nullopt, {5}); // got nowhere: those are met again
    CHECK(second.save().empty());

    StateFile third{settings};
    CHECK(third.last_run().after->id == "a\"b\n");
    CHECK(third.last_run().failed_before == 2);
    third.forget_stop();
    CHECK(third.save().empty());
    StateFile const fourth{settings};
    CHECK_FALSE(fourth.last_run().after);
    CHECK(fourth.last_run().ceiling_per_minute == Approx(396.5));
}

TEST_CASE("a damaged state file is ignored with one warning")
{
    auto const text = GENERATE(as<std::string>{}, "", "rubbish", "[]", "{}", R"({"version":2})", R"({"version":"x"})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":-1}})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":"many"}})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":1e300}})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":1000001}})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":1e-9}})",
        R"({"version":1,"stopped":{}})", R"({"version":1,"stopped":7})", R"({"version":1,"stopped":[7]})",
        R"({"version":1,"stopped":[{}]})", R"({"version":1,"parted":{}})", R"({"version":1,"parted":[7]})",
        R"({"version":1,"parted":[{"table":"t","complete":true}]})", R"({"version":1,"requests_per_minute":[1]})");
    CAPTURE(text);
    ScratchFile const file{text};
    StateFile const state{settings_for(file.path())};
    REQUIRE(state.last_run().warnings.size() == 1);
    CHECK(state.last_run().warnings.front() == "STATE_FILE=" + file.path() + " is damaged and ignored.");
    CHECK(state.last_run().ceiling_per_minute == 0);
    CHECK_FALSE(state.last_run().after);
}

TEST_CASE("a place that no run can have left makes the file a damaged one")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    auto const stopped_at = GENERATE(values<Conversation>({{"", "2025-07-10T19:47:55Z"}, {"c", "\xFF"},
        {"c", std::string{"2025\0", 5}}, {std::string{"c\0d", 3}, ""}, {"c\xFF", ""}}));
    StateFile left{settings};
    left.remember_ceiling(100);
    left.remember_stop(stopped_at, {0});
    REQUIRE(left.save().empty());
    StateFile const state{settings};
    CHECK(state.last_run().warnings == std::vector{"STATE_FILE=" + file.path() + " is damaged and ignored."});
    bool const is_json = (stopped_at.id + stopped_at.created_time).find('\xFF') == std::string::npos;
    CHECK(state.last_run().ceiling_per_minute == (is_json ? 100 : 0));
    CHECK_FALSE(state.last_run().after);
}

TEST_CASE("of a file with a damaged place that is of another host one thing is said")
{
    ScratchFile const file{R"({"version":1,"requests_per_minute":{"https://o.example/v2":9},"stopped":[{}]})"};
    CHECK(StateFile{settings_for(file.path())}.last_run().warnings.size() == 1);
}

TEST_CASE("a place is kept whatever the type of the time column")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    auto const time = GENERATE(as<std::string>{}, "2025-07-10", "1735689600000", "infinity", "-infinity",
        "0044-03-15T00:00:00+00:00 BC", "1899-12-31T00:00:00+00:53:28", "last week");
    StateFile left{settings};
    left.remember_stop(Conversation{"c", time}, {0});
    REQUIRE(left.save().empty());
    StateFile const state{settings};
    CHECK(state.last_run().warnings.empty());
    REQUIRE(state.last_run().after);
    CHECK(state.last_run().after->created_time == time);
}

TEST_CASE("of two runs side by side each changes its own place alone")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    auto other = settings;
    other.selection.shard = {1, 2};
    StateFile left{settings};
    left.remember_ceiling(100);
    left.remember_stop(Conversation{"c", ""}, {0});
    REQUIRE(left.save().empty());
    StateFile first{settings};
    StateFile second{other};
    first.remember_ceiling(200);
    first.forget_stop();
    REQUIRE(first.save().empty());
    second.remember_stop(Conversation{"d", ""}, {0});
    REQUIRE(second.save().empty());
    CHECK_FALSE(StateFile{settings}.last_run().after);
    CHECK(StateFile{settings}.last_run().ceiling_per_minute == 200);
    CHECK(StateFile{other}.last_run().after->id == "d");
}

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

TEST_CASE("a later part's place replaces the one before, and its failures are added to those of the parts before")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile first{settings};
    first.remember_stop(Conversation{"c1", ""}, {2});
    REQUIRE(first.save().empty());
    StateFile second{settings};
    second.remember_stop(Conversation{"c2", ""}, {0});
    REQUIRE(second.save().empty());
    StateFile third{settings};
    CHECK(third.last_run().after->id == "c2");
    CHECK(third.last_run().failed_before == 2);
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

TEST_CASE("a state file that cannot be written says why and leaves nothing behind")
{
    auto const folder = std::filesystem::temp_directory_path() / "backfill-no-such-folder";
    StateFile state{settings_for((folder / "state").string())};
    CHECK(state.save() == "No such file or directory");
    ScratchFile const file{"{\"version\":1}"};
    StateFile good{settings_for(file.path())};
    CHECK(good.save().empty());
    CHECK_FALSE(std::filesystem::exists(file.path() + ".freshchat-backfill.part"));
    CHECK(content_of(file.path()).find("\"version\"") != std::string::npos);
}

TEST_CASE("parted conversations are known to the next run at once, whatever becomes of this one, until they are whole")
{
    ScratchFile const file{""};
    std::filesystem::remove(file.path());
    auto const settings = settings_for(file.path());
    StateFile killed{settings};
    killed.parted("half");
    killed.parted("soon whole");
    killed.whole("soon whole");
    killed.parted("another");
    StateFile next{settings};
    CHECK(next.last_run().warnings.empty());
    CHECK(next.may_be_parted("half", 1));
    CHECK(next.may_be_parted("another", 1));
    CHECK_FALSE(next.may_be_parted("soon whole", 1));
    next.whole("half");
    CHECK_FALSE(next.may_be_parted("half", 1));
    CHECK(next.save().empty());
    CHECK(StateFile{settings}.may_be_parted("another", 1));
    CHECK_FALSE(StateFile{settings}.may_be_parted("half", 1));
    auto elsewhere = settings;
    elsewhere.messages.table = "Other";
    CHECK_FALSE(StateFile{elsewhere}.may_be_parted("another", 1));
}

TEST_CASE("marks of two runs at once are both kept")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile one{settings};
    StateFile other{settings};
    one.parted("a");
    other.parted("b");
    one.whole("a");
    CHECK(one.save().empty());
    CHECK(other.save().empty());
    CHECK_FALSE(StateFile{settings}.may_be_parted("a", 1));
    CHECK(StateFile{settings}.may_be_parted("b", 1));
}

TEST_CASE("what runs without this file may have left half stored is told by its number of rows")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile first{settings};
    CHECK(first.may_be_parted("long", 500));
    CHECK_FALSE(first.may_be_parted("long", 499));
    bool const was_empty = GENERATE(false, true);
    if (was_empty) {
        first.table_was_empty();
        CHECK_FALSE(first.may_be_parted("long", 500));
        first.parted("half"); // and is killed
    } else {
        first.remember_whole_table();
        CHECK(first.save().empty());
    }
    CHECK_FALSE(StateFile{settings}.may_be_parted("long", 100'000));
    CHECK(StateFile{settings}.may_be_parted("half", 1) == was_empty);
}

TEST_CASE("more marks than a state file should hold give way to the number of rows")
{
    ScratchFile const file{""};
    std::filesystem::remove(file.path());
    auto const settings = settings_for(file.path());
    std::string ids;
    for (int i = 0; i < 10'001; ++i) {
        ids += fmt::format("{}\"c{}\"", i == 0 ? "" : ",", i);
    }
    StateFile{settings}.parted("c");
    auto text = content_of(file.path());
    auto const place = text.find("\"c\"");
    REQUIRE(place != std::string::npos);
    text.replace(place, 3, ids);
    ScratchFile const full{text};
    StateFile next{settings_for(full.path())};
    CHECK(next.may_be_parted("c10000", 1));
    next.parted("one more");
    CHECK_FALSE(next.may_be_parted("c10000", 1));
    CHECK(next.may_be_parted("c10000", 500));
}

TEST_CASE("a mark that could not be written is written the next time")
{
    ScratchFile const file{""};
    auto const folder = file.path() + ".d";
    std::filesystem::create_directory(folder);
    auto const settings = settings_for(folder + "/state.json");
    StateFile run{settings};
    std::filesystem::remove(folder);
    run.parted("half");
    CHECK(run.may_be_parted("half", 1));
    std::filesystem::create_directory(folder);
    run.parted("another");
    StateFile const next{settings};
    CHECK(next.may_be_parted("half", 1));
    CHECK(next.may_be_parted("another", 1));
    std::filesystem::remove_all(folder);
}

TEST_CASE("verify --repair keeps marks, and leaves it to the next run to tell of a foreign place")
{
    ScratchFile const file{""};
    std::filesystem::remove(file.path());
    auto other = settings_for(file.path());
    other.selection.limit = 5;
    StateFile stopped{other};
    stopped.remember_stop(Conversation{"a", "2025-07-10T19:47:55+00:00"}, {0});
    CHECK(stopped.save().empty());
    auto settings = settings_for(file.path());
    settings.command = Command::verify;
    StateFile verify{settings};
    CHECK(verify.last_run().warnings.empty());
    verify.parted("half");
    settings.command = Command::run;
    StateFile const run{settings};
    CHECK(run.last_run().warnings.size() == 1);
    CHECK(run.may_be_parted("half", 1));
}
