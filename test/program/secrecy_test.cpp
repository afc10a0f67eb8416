// Neither secrets nor what customers wrote reaches any output, at any verbosity, however the run goes.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace backfill::test;

namespace {

void check_silence(World const& world, std::string const& output)
{
    constexpr std::size_t kTelling = 8; // shorter texts stand in the output for other reasons
    for (std::size_t i = 0; i < world.size(); ++i) {
        for (auto const& message : world.messages(i)) {
            if (message.row && message.row->message_parts.size() >= kTelling
                && output.find(message.row->message_parts) != std::string::npos) {
                FAIL_CHECK("printed: " + message.row->message_parts);
            }
        }
    }
    CHECK(output.find("eyJ") == std::string::npos); // any JWT
    CHECK(output.find("Bearer") == std::string::npos);
}

} // namespace

TEST_CASE("a verbose run prints no secret and no message text, be it good, partly refused or fatal")
{
    WorldOptions options;
    options.conversations = 60;
    options.odd_ids = OddIds::yes;
    auto const world = World::make(options);
    auto const [messages_table, fault] = GENERATE(table<std::string, Fault>({{"Message", Fault{.times = 0}},
        {"Message_checked", Fault{.times = 3, .status = 404}}, {"Message_uuid", Fault{.times = 0}},
        {"Message", Fault{.after = 30, .times = kAlways, .status = 401}}, {"Nope", Fault{.times = 0}}}));
    CAPTURE(messages_table);
    Switches switches;
    switches.faults = {fault};
    Simulator const simulator{world, switches};
    empty_tables();
    store_conversations(world);
    auto const settings = with(settings_for(simulator), {{"MESSAGE_TABLE", messages_table}});
    for (std::string const command : {"dry-run", "verify", "run"}) {
        auto const ended = run_program({command, "-v"}, settings);
        check_silence(world, ended.out + ended.err);
    }
}

TEST_CASE(
    "no file that a run writes, and nothing else it writes but to the two sides, holds a secret or a message text")
{
    WorldOptions options;
    options.conversations = 40;
    auto const world = World::make(options);
    Simulator const simulator{world};
    empty_tables();
    store_conversations(world);
    ScratchFile const trace{""};
    ScratchFile const state{"{}"};
    ScratchFile const rejects{""};
    ScratchFile const metrics{""};
    ScratchFile const summary{""};
    ScratchFile const page{""};
    bool const json = GENERATE(false, true);
    auto const settings = with(settings_for(simulator),
        {{"MESSAGE_TABLE", "Message_checked"}, {"STATE_FILE", state.path()}, {"REJECTS_FILE", rejects.path()},
            {"PACE", "adaptive"}, {"SUMMARY_FILE", summary.path()}, {"METRICS_FILE", metrics.path()},
            {"REPORT_FILE", page.path()}, {"LOG_FORMAT", json ? "json" : "text"}});
    // Whole writes with the kind of each descriptor: what goes to a socket is meant for it.
    Subprocess program{
        {find_program("strace"), "-f", "-qq", "-yy", "-s", "1000000", "-e", "trace=write,writev,pwrite64,pwritev", "-o",
            trace.path(), std::getenv("PROGRAM"), "run", "-v"},
        settings};
    auto const ended = program.wait();
    CHECK(ended.code == 3);
    expect_no_secret(ended, settings);
    std::string written;
    for (auto const& line : lines_of(content_of(trace.path()))) {
        if (line.find("<TCP") == std::string::npos && line.find("<UNIX") == std::string::npos) {
            written += line + '\n';
        }
    }
    auto const* summary_line = json ? R"(\"event\":\"summary\")" : "=== Backfill Messages - Complete ==="; // by strace
    CHECK(written.find(summary_line) != std::string::npos);
    CHECK(written.find(state.path() + ".part") != std::string::npos);
    CHECK(written.find(rejects.path() + ".part") != std::string::npos);
    CHECK(written.find(summary.path() + ".part") != std::string::npos);
    CHECK(content_of(summary.path()).find("\"exit_code\":3") != std::string::npos);
    CHECK(written.find(metrics.path() + ".part") != std::string::npos);
    CHECK(written.find(page.path() + ".part") != std::string::npos);
    auto const files = content_of(state.path()) + content_of(rejects.path()) + content_of(summary.path())
        + content_of(metrics.path()) + content_of(page.path());
    CHECK(content_of(rejects.path()).find("\"code\"") != std::string::npos);
    for (auto const& output : {written, files, ended.out + ended.err}) {
        check_silence(world, output);
        expect_no_secret({0, 0, output, "", 0}, settings);
    }
}

TEST_CASE("a core file would hold secrets: none is written")
{
    Simulator const simulator{Conversations{{"c", messages("m", 1)}}};
    empty_tables();
    store_conversations({std::string{"c"}});
    auto const program = start_program(
        {"run"}, with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "3600000"}, {"CONVERSATION_IDS", "c,x"}}));
    REQUIRE(program->wait_for(Stream::out, "Configuration: "));
    auto const limits = content_of("/proc/" + std::to_string(program->id()) + "/limits");
    CHECK(limits.find("Max core file size        0                    0") != std::string::npos);
}

#ifndef __SANITIZE_ADDRESS__ // its leak check looks into the process
TEST_CASE("other programs of the same user cannot look into the memory of a run")
{
    Simulator const simulator{Conversations{{"c", messages("m", 1)}}};
    empty_tables();
    store_conversations({std::string{"c"}});
    auto const settings = with(settings_for(simulator), {{"RATE_LIMIT_DELAY", "3600000"}, {"CONVERSATION_IDS", "c,x"}});
    auto const user = ::geteuid() == 0 ? 65534U : ::geteuid();
    std::vector<std::string> command{std::getenv("PROGRAM"), "run"};
    if (::geteuid() == 0) { // who may look into everything
        command.insert(command.begin(),
            {find_program("setpriv"), "--reuid", std::to_string(user), "--regid", "65534", "--clear-groups"});
    }
    Subprocess const program{command, settings};
    REQUIRE(program.wait_for(Stream::out, "Configuration: "));
    auto const folder = "/proc/" + std::to_string(program.id());
    REQUIRE(content_of(folder + "/status").find("\nUid:\t" + std::to_string(user) + "\t") != std::string::npos);
    for (auto const* file : {"/mem", "/environ", "/maps"}) {
        CAPTURE(file);
        struct stat status {};
        REQUIRE(::stat((folder + file).c_str(), &status) == 0);
        CHECK(status.st_uid == 0); // the kernel's mark of what only root may look into
    }
}
#endif
