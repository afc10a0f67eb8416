// Neither secrets nor what customers wrote reaches any output, at any verbosity, however the run goes.

#include "program/tables.hpp"
#include "support/fault_proxy.hpp"
#include "support/leak_search.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"
#include "support/simulator_faults.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace backfill::test;

namespace {

/// What no output may hold: customers' texts, as they are stored and as faulty answers quote them, and secrets.
void check_silence(World const& world, Environment const& settings, std::string const& output)
{
    std::vector<std::string> texts{std::string{kQuotedText}, "Bearer "};
    for (std::size_t i = 0; i < world.size(); ++i) {
        for (auto const& message : world.messages(i)) {
            texts.push_back(message.row ? message.row->message_parts : "");
        }
    }
    CHECK(LeakSearch{texts}.found_in(output) == std::vector<std::string>{});
    CHECK(output.find("eyJ") == std::string::npos); // any JWT
    for (auto const* secret : {"FRESHCHAT_TOKEN", "SUPABASE_SERVICE_ROLE_KEY"}) {
        CAPTURE(secret);
        CHECK_FALSE(holds_secret(output, settings.at(secret)));
    }
}

struct Trouble {
    std::string messages_table = "Message";
    Fault freshchat = {.times = 0};
    Fault supabase = {.times = 0}; ///< its `conversation` is the place
};

/// Good, partly refused, and fatal.
std::vector<Trouble> troubles()
{
    return {{}, {.messages_table = "Message_uuid"}, {.messages_table = "Nope"},
        {.messages_table = "Message_checked", .freshchat = {.times = 3, .status = 404}},
        {.freshchat = {.after = 30, .times = kAlways, .status = 401}},
        {.freshchat = {.after = 9, .status = 500, .body = ErrorBody::success_false}},
        {.freshchat = {.after = 9, .times = 2, .kind = FaultKind::html_200}},
        {.freshchat = {.after = 9, .times = 2, .kind = FaultKind::redirect}},
        {.supabase = {.conversation = place::kUpsert, .times = 3, .status = 400, .code = "22P02"}},
        {.supabase = {.conversation = place::kUpsert, .times = 3, .status = 400, .code = "XX000"}},
        {.supabase = {.conversation = place::kUpsert, .times = 3, .status = 400, .code = "45000"}},
        {.supabase = {.conversation = place::kUpsert, .times = 3, .status = 418}},
        {.supabase = {.conversation = place::kStoredIds, .status = 503, .body = ErrorBody::html}},
        {.supabase = {.conversation = place::kStoredIds, .times = 1, .status = 403}},
        {.supabase = {.conversation = place::kWorkList, .times = 1, .status = 404, .code = "42P01"}},
        {.supabase = {.conversation = place::kPreflight, .times = 1, .status = 402, .body = ErrorBody::text}}};
}

} // namespace

TEST_CASE("no run prints a secret or a message text, however it goes, when it tells all that it can")
{
    auto const world = World::make({.conversations = 40, .odd_ids = OddIds::yes});
    auto trouble = GENERATE(from_range(troubles()));
    Switches switches;
    switches.token = "token-of-the-secrecy-test-91d3";
    auto const key = Stack::local().value("SERVICE_KEY");
    trouble.freshchat.quotes = trouble.supabase.quotes = {key, switches.token, std::string{kQuotedText}};
    CAPTURE(trouble.messages_table, trouble.freshchat.status, trouble.supabase.status, trouble.supabase.code);
    switches.faults = {trouble.freshchat};
    store_only(world);
    for (std::string const command : {"dry-run", "verify", "run"}) {
        for (std::string const format : {"text", "json"}) {
            CAPTURE(command, format);
            Simulator const simulator{world, switches}; // its faults strike anew
            FaultProxy const proxy{Stack::local().value("HTTP_URL"), {trouble.supabase}};
            auto const settings = with(settings_for(simulator),
                {{"MESSAGE_TABLE", trouble.messages_table}, {"SUPABASE_URL", proxy.base_url()}, {"LOG_FORMAT", format},
                    {"VERBOSE_LOG", "1"}});
            auto const ended = start_program({command}, settings)->wait();
            check_silence(world, settings, ended.out + ended.err);
        }
    }
}

TEST_CASE(
    "no file that a run writes, and nothing else it writes but to the two sides, holds a secret or a message text")
{
    auto const world = World::make({.conversations = 40});
    Simulator const simulator{world};
    store_only(world);
    ScratchFile const trace{""};
    ScratchFile const state{"{}"};
    ScratchFile const rejects{""};
    ScratchFile const metrics{""};
    ScratchFile const summary{""};
    ScratchFile const page{""};
    ScratchFile const markdown{""};
    auto const [json, verbose] =
        GENERATE(table<bool, std::string>({{false, "0"}, {false, "1"}, {true, "0"}, {true, "1"}}));
    auto const settings = with(settings_for(simulator),
        {{"MESSAGE_TABLE", "Message_checked"}, {"STATE_FILE", state.path()}, {"REJECTS_FILE", rejects.path()},
            {"PACE", "adaptive"}, {"MAX_REQUESTS_PER_MINUTE", "60000"}, {"SUMMARY_FILE", summary.path()},
            {"METRICS_FILE", metrics.path()}, {"REPORT_FILE", page.path()}, {"MARKDOWN_FILE", markdown.path()},
            {"LOG_FORMAT", json ? "json" : "text"}, {"VERBOSE_LOG", verbose}});
    // Whole writes with the kind of each descriptor: what goes to a socket is meant for it.
    Subprocess program{{find_program("strace"), "-f", "-qq", "-yy", "-s", "1000000", "-e",
                           "trace=write,writev,pwrite64,pwritev", "-o", trace.path(), std::getenv("PROGRAM"), "run"},
        settings};
    auto const ended = program.wait();
    CHECK(ended.code == 3);
    std::string written;
    for (auto const& line : lines_of(content_of(trace.path()))) {
        if (line.find("<TCP") == std::string::npos && line.find("<UNIX") == std::string::npos) {
            written += line + '\n';
        }
    }
    auto const* summary_line = json ? R"(\"event\":\"summary\")" : "=== Backfill Messages - Complete ==="; // by strace
    CHECK(written.find(summary_line) != std::string::npos);
    CHECK(written.find(state.path() + ".freshchat-backfill.part") != std::string::npos);
    CHECK(written.find(rejects.path() + ".freshchat-backfill.part") != std::string::npos);
    CHECK(written.find(summary.path() + ".freshchat-backfill.part") != std::string::npos);
    CHECK(content_of(summary.path()).find("\"exit_code\":3") != std::string::npos);
    CHECK(written.find(metrics.path() + ".freshchat-backfill.part") != std::string::npos);
    CHECK(written.find(page.path() + ".freshchat-backfill.part") != std::string::npos);
    CHECK(written.find(markdown.path() + ".freshchat-backfill.part") != std::string::npos);
    auto const files = content_of(state.path()) + content_of(rejects.path()) + content_of(summary.path())
        + content_of(metrics.path()) + content_of(page.path()) + content_of(markdown.path());
    CHECK(content_of(rejects.path()).find("\"code\"") != std::string::npos);
    for (auto const& output : {written, files, ended.out + ended.err}) {
        check_silence(world, settings, output);
    }
}

TEST_CASE("a core file would hold secrets: none is written")
{
    Simulator const simulator{Conversations{{"c", messages("m", 1)}}};
    store_only({"c"});
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
    store_only({"c"});
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
