// REJECTS_FILE: what could not be stored, for people and for the next try.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <set>
#include <string>

using namespace backfill::test;

namespace {

/// c holds a row that Message_checked refuses and a message without a time; times are unique there.
Conversations guilty_and_timeless()
{
    return {{"b", messages("k", 3)},
        {"c",
            {message_json("guilty", "poison", 5), message_json("fine", "fine", 4),
                R"({"id":"timeless","actor_type":"user","message_parts":[]})"}},
        {"d", {message_json("n2", "two", 71), message_json("n1", "one", 70)}}};
}

} // namespace

TEST_CASE("a file that is something else is refused, and not replaced")
{
    store_only({"b", "c", "d"});
    Simulator const simulator{guilty_and_timeless()};
    auto const* const name = GENERATE("REJECTS_FILE", "STATE_FILE");
    ScratchFile const file{"FRESHCHAT_TOKEN=something else\n"};
    auto const run = run_program({"run"}, with(settings_for(simulator), {{name, file.path()}}));
    CHECK(run.code == 2);
    CHECK(run.err.find(std::string{name} + "=" + file.path()) != std::string::npos);
    CHECK(run.err.find("give another name") != std::string::npos);
    CHECK(content_of(file.path()) == "FRESHCHAT_TOKEN=something else\n");
    CHECK(row_count() == 0);
    for (auto const* input : {"CONVERSATIONS_FILE", "CA_FILE"}) {
        auto const twice =
            run_program({"run"}, with(settings_for(simulator), {{name, file.path()}, {input, file.path()}}));
        CHECK(twice.code == 2);
        CHECK(twice.err.find("is the file of another setting too") != std::string::npos);
    }
    auto const env =
        run_program({"run", "--env-file", file.path()}, with(settings_for(simulator), {{name, file.path()}}));
    CHECK(env.code == 2);
    CHECK(env.err.find("is the file of another setting too") != std::string::npos);
    CHECK(content_of(file.path()) == "FRESHCHAT_TOKEN=something else\n");
}

TEST_CASE("each message that could not be stored is a line of the rejects file, without its text unless asked for")
{
    store_only({"b", "c", "d"});
    Simulator const simulator{guilty_and_timeless()};
    ScratchFile const file{"{\"conversation\":\"c\",\"message\":\"what an earlier run left\"}\n"};
    std::filesystem::permissions(file.path(), std::filesystem::perms::all);
    bool const with_rows = GENERATE(false, true);
    auto const settings =
        with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_checked"}, {"REJECTS_FILE", file.path()}});
    auto const run = run_program(
        with_rows ? std::vector<std::string>{"run", "--rejects-with-rows"} : std::vector<std::string>{"run"}, settings);
    CHECK(run.code == 3);
    CHECK(summary_of(run.out).messages_failed == 2);
    auto const lines = lines_of(content_of(file.path()));
    REQUIRE(lines.size() == 2);
    CHECK(
        lines[0] == R"({"conversation":"c","message":"timeless","code":"unusable","reason":"it has no created_time"})");
    std::string const row =
        R"(,"row":{"id":"guilty","conversationid":"c","actor_type":"user","message_parts":"poison",)"
        R"("created_time":"2025-06-01T00:00:05.000Z"})";
    CHECK(lines[1]
        == R"({"conversation":"c","message":"guilty","code":"23514","reason":"HTTP 400, 23514: new row for relation )"
           R"(\"Message_checked\" violates check constraint \"Message_checked_message_parts_check\"")"
            + (with_rows ? row : "") + "}");
    using std::filesystem::perms;
    CHECK(std::filesystem::status(file.path()).permissions() == (perms::owner_read | perms::owner_write));
}

TEST_CASE("what a killed or hung-up run could not store is tried again, though incremental would not look so far")
{
    auto const signal = GENERATE(SIGKILL, SIGHUP);
    store_only({"c", "d"});
    Conversations held{{"c", {}}, {"d", messages("d", 1)}};
    for (int i = 54; i >= 0; --i) {
        held["c"].push_back(message_json("n" + std::to_string(i), "text", 10 + i));
    }
    held["c"].push_back(message_json("guilty", "poison", 1)); // on the second page
    Simulator simulator{held, {.faults = {{.conversation = "d", .times = kAlways, .kind = FaultKind::hang}}}};
    ScratchFolder const folder;
    auto const path = folder.path() + "/rejects.jsonl";
    auto const settings = with(settings_for(simulator),
        {{"MESSAGE_TABLE", "Message_checked"}, {"REJECTS_FILE", path}, {"MODE", "incremental"}, {"BATCH_SIZE", "1"},
            {"BATCH_DELAY", "1"}});
    auto const killed = start_program({"run"}, settings);
    REQUIRE(killed->wait_for(Stream::out, "✓ Conversation c: "));
    killed->send(signal);
    auto const ended = killed->wait();
    CHECK((signal == SIGKILL ? ended.signal == SIGKILL : ended.code == 129));
    CHECK(row_count("Message_checked") == 55);
    simulator.set_switches({});
    auto const next = run_program({"run"}, settings);
    CHECK(next.code == 3);
    CHECK(summary_of(next.out).messages_failed == 1);
    CHECK(content_of(path).find("\"guilty\"") != std::string::npos);
    CHECK(folder.names() == std::set<std::string>{"rejects.jsonl"});
}

TEST_CASE("run --from-rejects tries just those conversations again")
{
    store_only({"b", "c", "d"});
    ScratchFile const file{""};
    auto const settings_of = [&](Simulator const& simulator) {
        return with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_checked"}, {"REJECTS_FILE", file.path()}});
    };
    {
        Simulator const simulator{guilty_and_timeless()};
        CHECK(run_program({"run"}, settings_of(simulator)).code == 3);
    }
    auto mended = guilty_and_timeless();
    mended["c"] = {message_json("guilty", "good now", 5), message_json("fine", "fine", 4)};
    Simulator const simulator{mended};
    auto const run = run_program({"run", "--from-rejects", file.path()}, settings_of(simulator));
    CHECK(run.code == 0);
    CHECK(simulator.counters().requests == 1);
    CHECK(run.out.find("✓ Conversation c: 1 new, 1 skipped, 2 total\n") != std::string::npos);
    CHECK(content_of(file.path()) == ""); // nothing was rejected this time
    auto const none = run_program({"run", "--from-rejects", file.path()}, settings_of(simulator));
    CHECK(none.code == 0);
    CHECK(summary_of(none.out).conversations == 0);
    CHECK(simulator.counters().requests == 1);
}

TEST_CASE("a run that cannot go on leaves the rejects file as it was, to be tried again")
{
    store_only({"b", "c", "d"});
    std::string const lines =
        "{\"conversation\":\"c\",\"message\":\"guilty\",\"code\":\"23514\",\"reason\":\"old\"}\n"
        "{\"conversation\":\"d\",\"message\":\"n1\",\"code\":\"lost\",\"row\":{\"id\": \"n1\"}}\n";
    ScratchFile const file{lines};
    std::filesystem::permissions(file.path(), std::filesystem::perms::all);
    Simulator const refusing{guilty_and_timeless(), {.faults = {{.times = kAlways, .status = 401}}}};
    auto const settings = with(settings_for(refusing), {{"REJECTS_FILE", file.path()}});
    SECTION("a refused token")
    {
        CHECK(run_program({"run", "--from-rejects", file.path()}, settings).code == 1);
    }
    SECTION("a table that is not there")
    {
        CHECK(run_program({"run"}, with(settings, {{"MESSAGE_TABLE", "Nope"}})).code == 1);
    }
    CHECK(content_of(file.path()) == lines);
    using std::filesystem::perms;
    CHECK(std::filesystem::status(file.path()).permissions() == (perms::owner_read | perms::owner_write));
    Simulator const simulator{guilty_and_timeless()};
    auto const again = run_program({"run", "--from-rejects", file.path()},
        with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_checked"}, {"REJECTS_FILE", file.path()}}));
    CHECK(again.code == 3);
    CHECK(summary_of(again.out).conversations == 2);
    CHECK(lines_of(content_of(file.path())).size() == 2); // timeless and guilty of c
    CHECK(content_of(file.path()).find("old") == std::string::npos);
}

TEST_CASE("a stopped run replaces the lines of the conversations that it came to, and leaves the others")
{
    store_only({"b", "c", "d"});
    auto const line = [](std::string const& conversation) {
        return "{\"conversation\":\"" + conversation + "\",\"message\":\"m\",\"code\":\"lost\",\"reason\":\"old\"}\n";
    };
    ScratchFile const file{line("b") + line("c") + line("d")};
    Simulator const simulator{
        guilty_and_timeless(), {.faults = {{.conversation = "c", .times = kAlways, .kind = FaultKind::hang}}}};
    auto const program = start_program(
        {"run"}, with(settings_for(simulator), {{"REJECTS_FILE", file.path()}, {"RATE_LIMIT_DELAY", "1"}}));
    REQUIRE(program->wait_for(Stream::out, "✓ Conversation b: 3 new"));
    REQUIRE(simulator.wait_for_requests(2));
    program->send(SIGTERM);
    CHECK(program->wait().code == 143);
    CHECK(content_of(file.path()) == line("c") + line("d"));
}

TEST_CASE("a rejects file that cannot be read is refused before anything is sent")
{
    Simulator const simulator{guilty_and_timeless()};
    auto const settings = settings_for(simulator);
    auto const read = run_program({"run", "--from-rejects=/nonexistent/rejects"}, settings);
    CHECK(read.code == 2);
    ScratchFile const other{"{\"conversation\":\"c\"}\nnot JSON\n"};
    auto const damaged = run_program({"run", "--from-rejects", other.path()}, settings);
    CHECK(damaged.code == 2);
    CHECK(damaged.err.find("line 2 is not one of a rejects file") != std::string::npos);
    ScratchFolder const folder;
    for (auto const* option : {"--from-rejects", "--conversations-file", "--ca-file", "--env-file"}) {
        auto const refused = run_program({"run", option, folder.path()}, settings);
        CHECK(refused.code == 2);
        CHECK(refused.err.ends_with(": the file cannot be read: Is a directory\n"));
    }
    auto const secret = run_program({"run"}, with(settings, {{"NOTIFY_URL_FILE", folder.path()}}));
    CHECK(secret.code == 2);
    CHECK(secret.err.find("the file cannot be read: Is a directory\n") != std::string::npos);
    CHECK(simulator.counters().requests == 0);
}
