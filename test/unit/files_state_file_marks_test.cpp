// Which conversations may be stored in part.

#include "app/files/state_file.hpp"

#include "state_file_settings.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <filesystem>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

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

TEST_CASE("what runs without this file may have left half stored is looked at by its number of rows, once")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile first{settings};
    CHECK_FALSE(first.may_be_parted("short", 499));
    CHECK(first.may_be_parted("was whole", 500));
    CHECK(first.may_be_parted("failed", 500));
    first.complete("was whole", 499);
    first.lacking("failed");
    first.complete("new and long", 500);
    first.complete("short", 499);
    CHECK_FALSE(first.may_be_parted("was whole", 500));
    REQUIRE(first.save().empty());
    StateFile next{settings};
    CHECK_FALSE(next.may_be_parted("was whole", 100'000));
    CHECK_FALSE(next.may_be_parted("new and long", 500));
    CHECK(next.may_be_parted("short", 500)); // grown by a run without this file, which may have been killed
    CHECK(next.may_be_parted("failed", 500));
}

TEST_CASE("more long conversations than a state file should hold are looked at again, and no mark goes with them")
{
    ScratchFile const file{"{\"version\":1}"};
    auto const settings = settings_for(file.path());
    StateFile run{settings};
    run.parted("half");
    for (int i = 0; i <= 50'000; ++i) {
        run.complete(fmt::format("c{}", i), 500);
    }
    REQUIRE(run.save().empty());
    StateFile next{settings};
    CHECK(next.may_be_parted("half", 1));
    CHECK(next.may_be_parted("c1", 500));
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
    StateFile next{settings};
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
    StateFile run{settings};
    CHECK(run.last_run().warnings.size() == 1);
    CHECK(run.may_be_parted("half", 1));
}
