#include "app/state_file.hpp"

#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

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
    settings.conversation_table = "Conversation";
    settings.messages.table = "Message";
    return settings;
}

std::string content(std::string const& path)
{
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("what one run leaves, the next one finds, and a completed one clears the place")
{
    ScratchFile const file{""};
    std::filesystem::remove(file.path());
    auto const settings = settings_for(file.path());
    StateFile first{settings};
    CHECK(first.warnings().empty());
    CHECK_FALSE(first.stopped_after());
    first.remember_ceiling(396.5);
    first.remember_stop(Conversation{"a\"b\n", "2025-07-10T19:47:55.123456+00:00"}, 2);
    CHECK(first.save().empty());

    StateFile second{settings};
    CHECK(second.warnings().empty());
    CHECK(second.ceiling_per_minute() == Approx(396.5));
    REQUIRE(second.stopped_after());
    CHECK(second.stopped_after()->id == "a\"b\n");
    CHECK(second.stopped_after()->created_time == "2025-07-10T19:47:55.123456+00:00");
    CHECK(second.failed_before() == 2);
    second.remember_ceiling(0);            // learned nothing: what was known stays
    second.remember_stop(std::nullopt, 5); // got nowhere: those are met again
    CHECK(second.save().empty());

    StateFile third{settings};
    CHECK(third.stopped_after()->id == "a\"b\n");
    CHECK(third.failed_before() == 2);
    third.forget_stop();
    CHECK(third.save().empty());
    StateFile const fourth{settings};
    CHECK_FALSE(fourth.stopped_after());
    CHECK(fourth.ceiling_per_minute() == Approx(396.5));
}

TEST_CASE("a damaged state file is ignored with one warning")
{
    auto const text = GENERATE(as<std::string>{}, "", "rubbish", "[]", "{}", R"({"version":2})", R"({"version":"x"})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":-1}})",
        R"({"version":1,"requests_per_minute":{"https://acme.freshchat.com/v2":"many"}})",
        R"({"version":1,"stopped":{}})", R"({"version":1,"stopped":7})", R"({"version":1,"requests_per_minute":[1]})");
    CAPTURE(text);
    ScratchFile const file{text};
    StateFile const state{settings_for(file.path())};
    REQUIRE(state.warnings().size() == 1);
    CHECK(state.warnings().front() == "STATE_FILE=" + file.path() + " is damaged and ignored.");
    CHECK(state.ceiling_per_minute() == 0);
    CHECK_FALSE(state.stopped_after());
}

TEST_CASE("the place of another host, selection, shard or mode is ignored with one warning")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile left{settings};
    left.remember_ceiling(100);
    left.remember_stop(Conversation{"c", ""}, 0);
    REQUIRE(left.save().empty());
    auto other = settings;
    switch (GENERATE(0, 1, 2, 3, 4, 5)) {
    case 0:
        other.freshchat = http::parse_endpoint("https://other.freshchat.com/v2");
        CHECK(StateFile{other}.ceiling_per_minute() == 0);
        break;
    case 1:
        other.supabase = http::parse_endpoint("https://other.supabase.co/rest/v1");
        break;
    case 2:
        other.selection.created_from = "2025-01-01T00:00:00Z";
        break;
    case 3:
        other.selection.shard = {0, 2};
        break;
    case 4:
        other.mode = Mode::missing;
        break;
    default:
        other.selection.only = std::vector<std::string>{"c"};
    }
    StateFile const state{other};
    CHECK(state.warnings().size() == 1);
    CHECK_FALSE(state.stopped_after());
}

TEST_CASE("a state file that cannot be written says why and leaves nothing behind")
{
    auto const folder = std::filesystem::temp_directory_path() / "backfill-no-such-folder";
    StateFile const state{settings_for((folder / "state").string())};
    CHECK(state.save() == "No such file or directory");
    ScratchFile const file{"{\"version\":1}"};
    StateFile const good{settings_for(file.path())};
    CHECK(good.save().empty());
    CHECK_FALSE(std::filesystem::exists(file.path() + ".part"));
    CHECK(content(file.path()).find("\"version\"") != std::string::npos);
}
