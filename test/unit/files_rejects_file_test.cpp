// REJECTS_FILE from run to run: what became of each line when a run ended that reached all, some or none.

#include "app/files/rejects_file.hpp"

#include "app/settings/selection.hpp"
#include "support/run_desk.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

std::string line(std::string const& conversation, std::string const& message, std::string const& reason = "why")
{
    return R"({"conversation":")" + conversation + R"(","message":")" + message + R"(","code":"23514","reason":")"
        + reason + "\"}\n";
}

/// A run with a rejects file, as its report is told of it.
struct RejectsDesk : RunDesk {
    explicit RejectsDesk(std::string const& path, RejectsFile::Rows rows = RejectsFile::Rows::left_out)
        : RunDesk{&file}, file{path, rows}
    {
        CHECK(file.error() == "");
    }

    void reject(std::string const& conversation, std::string const& message, std::string const& reason = "why")
    {
        report.message_failed(conversation, {message, "23514", reason, R"({"id":"row"})"});
    }

    RejectsFile file;
};

constexpr std::chrono::seconds kPatience{1};
constexpr MessageCounts kOneFailed{.fetched = 1, .failed = 1};

} // namespace

TEST_CASE("a run that came to no conversation leaves every line of the rejects file")
{
    // The second line is of REJECTS_WITH_ROWS, by another program's hand: it stays as it is.
    std::string const rows = "{\"row\": {\"id\":\"m\"} ,\"conversation\":\"b\",\"code\":\"x\"}\n";
    ScratchFile const file{line("a", "a1") + rows + line("a", "a2")};
    RejectsDesk desk{file.path()};
    desk.file.commit(kPatience);
    CHECK(desk.file.error() == "");
    CHECK(content_of(file.path()) == line("a", "a1") + rows + line("a", "a2"));
    using std::filesystem::perms;
    CHECK(std::filesystem::status(file.path()).permissions() == (perms::owner_read | perms::owner_write));
}

TEST_CASE("the lines of a conversation stay until a run has tried its messages, and are then what that run found")
{
    ScratchFile const file{line("done", "old") + line("still", "old") + line("later", "old") + line("broke", "old")
        + line("lost", "old") + line("passed", "old") + "no line of ours\n"};
    RejectsDesk desk{file.path()};
    desk.report.conversation_done("done", {.fetched = 1, .fresh = 1});
    desk.reject("still", "new");
    desk.report.conversation_done("still", kOneFailed);
    desk.report.conversation_failed({"broke", ConversationFailure::network, "no answer"}); // before there was a message
    desk.reject("lost", "new");
    desk.report.conversation_failed({"lost", ConversationFailure::upsert, "no answer"}, kOneFailed);
    desk.report.conversation_skipped("passed"); // MODE=missing
    desk.reject("fresh", "new");
    desk.report.conversation_done("fresh", kOneFailed);
    desk.file.commit(kPatience);
    CHECK(content_of(file.path())
        == line("still", "new") + line("lost", "new") + line("fresh", "new") + line("later", "old")
            + line("broke", "old") + line("passed", "old"));
}

TEST_CASE("a conversation that a stop cut short has its old lines and the new ones, none twice")
{
    ScratchFile const file{line("c", "one") + line("c", "two")};
    RejectsDesk desk{file.path()};
    desk.reject("c", "two");
    desk.reject("c", "three");
    desk.file.commit(kPatience);
    CHECK(content_of(file.path()) == line("c", "two") + line("c", "three") + line("c", "one"));
}

TEST_CASE("lines that another run put there meanwhile stay, unless this one has newer ones")
{
    ScratchFile const file{""};
    RejectsDesk desk{file.path()};
    RejectsDesk other{file.path()};
    other.reject("a", "old");
    other.report.conversation_done("a", kOneFailed);
    other.reject("both", "old");
    other.report.conversation_done("both", kOneFailed);
    other.file.commit(kPatience);
    desk.reject("both", "new");
    desk.report.conversation_done("both", kOneFailed);
    desk.file.commit(kPatience);
    CHECK(content_of(file.path()) == line("both", "new") + line("a", "old"));
}

TEST_CASE("the rejects file may be told from any thread")
{
    ScratchFile const file{line("c0", "old") + line("other", "old")};
    RejectsDesk desk{file.path(), RejectsFile::Rows::written};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&desk, i] {
                for (int k = 0; k < 50; ++k) {
                    auto const id = "c" + std::to_string(50 * i + k);
                    desk.reject(id, "m1");
                    desk.reject(id, "m2");
                    desk.report.conversation_done(id, {.fetched = 2, .failed = 2});
                }
            });
        }
    }
    desk.file.commit(kPatience);
    auto const content = content_of(file.path());
    CHECK(conversations_of_rejects(content).size() == 201);
    CHECK(std::ranges::count(content, '\n') == 401);
    CHECK(content.ends_with(line("other", "old")));
}

TEST_CASE("an older rejects file that cannot be read stays, and the reason is told")
{
    ScratchFolder const folder;
    auto const path = folder.path() + "/rejects";
    std::filesystem::create_symlink("/proc/self/mem", path); // a regular file whose first byte nobody can read
    RejectsFile file{path, RejectsFile::Rows::left_out};
    file.commit(kPatience);
    CHECK(file.error() == "what it holds cannot be read: Input/output error");
    CHECK(std::filesystem::is_symlink(path));
}

TEST_CASE("what a killed run had written is taken over, but not what a run still writes")
{
    ScratchFolder const folder;
    auto const path = folder.path() + "/rejects";
    std::ofstream{path} << line("old", "m") << line("both", "m");
    auto running = std::make_unique<RejectsDesk>(path);
    running->reject("running", "m");
    std::ofstream{path + ".freshchat-backfill.part2"} << line("both", "m") << line("killed", "m") << "{\"conversat";
    {
        RejectsDesk next{path};
        CHECK(next.file.holds("killed"));
        CHECK_FALSE(next.file.holds("running"));
        CHECK(content_of(path) == line("old", "m") + line("both", "m") + line("killed", "m"));
        next.report.conversation_done("both", kOneFailed);
        next.file.commit(kPatience);
    }
    CHECK(content_of(path) == line("old", "m") + line("killed", "m"));
    running->file.commit(kPatience);
    CHECK(content_of(path) == line("running", "m") + line("old", "m") + line("killed", "m"));
    CHECK(folder.names() == std::set<std::string>{"rejects"});
}

TEST_CASE("a killed run whose only line was cut stops no later run")
{
    ScratchFolder const folder;
    auto const path = folder.path() + "/rejects";
    std::ofstream{path + ".freshchat-backfill.part2"} << "{\"conversat";
    RejectsDesk const next{path}; // expects no error
    CHECK_FALSE(next.file.holds("c"));
}

TEST_CASE("a rejects file that holds something else is no rejects file, and stays")
{
    ScratchFile const file{"a list of mine\n"};
    RejectsFile const rejects{file.path(), RejectsFile::Rows::left_out};
    CHECK(rejects.error().find("something else") != std::string::npos);
    CHECK(content_of(file.path()) == "a list of mine\n");
}

TEST_CASE("a line is in the partial file as soon as the message is refused")
{
    ScratchFolder const folder;
    RejectsDesk desk{folder.path() + "/rejects"};
    desk.reject("c", "m");
    CHECK(content_of(folder.path() + "/rejects.freshchat-backfill.part") == line("c", "m"));
}

TEST_CASE("without an older rejects file there are just the run's own lines")
{
    ScratchFolder const folder;
    auto const path = folder.path() + "/rejects";
    RejectsDesk desk{path};
    desk.reject("c", "m");
    desk.report.conversation_done("c", kOneFailed);
    CHECK_FALSE(std::filesystem::exists(path));
    desk.file.commit(kPatience);
    CHECK(content_of(path) == line("c", "m"));
    CHECK(folder.names() == std::set<std::string>{"rejects"});
}
