#include "app/files/run_files.hpp"
#include "app/files/state_file.hpp"

#include "state_file_settings.hpp"
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

TEST_CASE("a state file that is there and cannot be read is refused and not replaced, and the reason is told")
{
    ScratchFolder const folder;
    auto const path = folder.path() + "/state";
    std::filesystem::create_symlink("/proc/self/mem", path); // a regular file whose first byte nobody can read
    StateFile state{settings_for(path)};
    CHECK(state.unreadable() == "Input/output error");
    CHECK(state.last_run().warnings.empty());
    CHECK(state.save() == "what it holds cannot be read: Input/output error");
    CHECK(std::filesystem::is_symlink(path));
    CHECK_THROWS_WITH(
        RunFiles{settings_for(path)}, "STATE_FILE=" + path + ": the file cannot be read: Input/output error");
    CHECK(StateFile{settings_for(folder.path() + "/none")}.unreadable().empty());
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
