// HEALTHCHECK_URL, NOTIFY_URL and MARKDOWN_FILE: somebody is told how a run ended, whatever the end, and no more than
// that.

#include "program/told.hpp"
#include "support/json.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

using namespace backfill::test;

namespace {

std::string text_of(std::string const& json)
{
    return parsed(json)->getValue<std::string>("text");
}

} // namespace

TEST_CASE("a run that stores everything is told to the health check, and to the webhook where it wants all")
{
    auto const when = GENERATE(as<std::string>{}, "failure", "always");
    Told const told;
    auto const run = run_program({"run", "--notify-on", when}, told.settings);
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(told.suffixes() == "/start;;");
    CHECK(told.sent_to_check("/start").empty());
    auto const body = told.sent_to_check("");
    CHECK(body.starts_with("Backfill: Everything asked for is stored (exit code 0)\n"));
    CHECK(masked(body).ends_with(masked(run.out.substr(run.out.find("\n=== Backfill Messages - Complete ===")))));
    if (when == "failure") {
        CHECK(told.sent_to_hook().empty());
    } else {
        auto const json = parsed(told.sent_to_hook());
        CHECK(json->getValue<int>("exit_code") == 0);
        CHECK(json->getObject("messages")->getValue<int>("new") == 5);
        CHECK(lines_of(json->getValue<std::string>("text")).size() == 2);
    }
    told.expect_discretion(run);
}

TEST_CASE("a run in which conversations fail, a fatal one and one whose preflight fails tell their exit codes")
{
    auto const [fault, changes, code, said] = GENERATE(table<Fault, Environment, int, std::string>({
        {Fault{.conversation = "conv-c2", .times = kAlways, .status = 404}, {}, 3, "1 conversation not found"},
        {Fault{.times = kAlways, .status = 401}, {}, 1, "it names HTTP 401, FRESHCHAT_TOKEN"},
        {Fault{.times = 0}, {{"MESSAGE_TABLE", "Absent"}}, 1, "it names HTTP 404, 42P01, CONVERSATION_TABLE"},
        {Fault{.times = 0}, {{"CONVERSATION_FILTER", "absent=eq.conv-c9"}}, 1, "HTTP 400, 42703, CONVERSATION_FILTER"},
        {Fault{.times = 0}, {{"CONVERSATION_FILTER", "id=eqq.conv-c9"}}, 1, "CONVERSATION_FILTER, --where"},
    }));
    Told const told{fault};
    auto const run = run_program({"run"}, with(told.settings, changes));
    auto const suffix = "/" + std::to_string(code);
    CHECK(run.code == code);
    CHECK(told.suffixes() == "/start;" + suffix + ";");
    CHECK(holds(told.sent_to_check(suffix), said));
    auto const text = text_of(told.sent_to_hook());
    CHECK(holds(text, "(exit code " + std::to_string(code) + ")"));
    CHECK(holds(text, said));
    CHECK(lines_of(text).size() >= 2);
    CHECK(lines_of(text).size() <= 5);
    CHECK(parsed(told.sent_to_hook())->getValue<int>("exit_code") == code);
    told.expect_discretion(run);
}

TEST_CASE("settings and a command line that are refused tell 2, where the URLs can be used, and send nothing else")
{
    auto const [arguments, changes, said] = GENERATE(table<std::vector<std::string>, Environment, std::string>({
        {{"run"}, {{"BATCH_SIZE", "0"}}, "it names BATCH_SIZE."},
        {{"run"}, {{"FRESHCHAT_TOKEN", ""}}, "it names FRESHCHAT_TOKEN"},
        {{"verify", "--limt", "5"}, {}, "says why"},
        {{"run", "conv-c1"}, {}, "says why"},
        {{"run"}, {{"CONVERSATION_FILTER", "conv-c1"}}, "it names CONVERSATION_FILTER."},
        {{"run", "--shard", "conv-c1"}, {}, "it names --shard."},
        {{"run", "--created-from=conv-c1"}, {}, "it names --created-from."},
        {{"run"}, {{"CA_FILE", "/nonexistent"}}, "it names CA_FILE."},
        {{"run"}, {{"SUMMARY_FILE", "/nonexistent/file"}}, "it names SUMMARY_FILE."},
        {{"run"}, {{"MARKDOWN_FILE", "/nonexistent/file"}}, "it names MARKDOWN_FILE."},
    }));
    Told const told;
    auto const run = run_program(arguments, with(told.settings, changes));
    CAPTURE(run.err);
    CHECK(run.code == 2);
    CHECK(told.suffixes() == "/2;");
    CHECK(holds(told.sent_to_check("/2"), said));
    CHECK(holds(text_of(told.sent_to_hook()), said));
    CHECK(parsed(told.sent_to_hook())->getValue<int>("exit_code") == 2);
    CHECK(told.simulator.counters().requests == 0);
    told.expect_discretion(run);
}

TEST_CASE("a URL that is refused itself is told to nobody, and the other one is told of it")
{
    Told const told;
    auto const run = run_program({"run"}, with(told.settings, {{"HEALTHCHECK_URL", "http://example.com/hunter2"}}));
    CHECK(run.code == 2);
    CHECK(told.suffixes().empty());
    CHECK(holds(text_of(told.sent_to_hook()), "it names HEALTHCHECK_URL"));
    CHECK_FALSE(holds(run.err + told.sent_to_hook(), "hunter2"));
}

TEST_CASE("a run that stops itself is logged at the health check, and the webhook is not told unless it wants all")
{
    Told const told{{.conversation = "conv-c2", .times = kAlways, .kind = FaultKind::hang}};
    auto const run = run_program({"run", "--max-duration", "1s"}, told.settings);
    CHECK(run.code == 10);
    CHECK(told.suffixes() == "/start;/log;");
    CHECK(holds(told.sent_to_check("/log"), "Stopped at MAX_DURATION (exit code 10)"));
    CHECK(told.sent_to_hook().empty());
    told.expect_discretion(run);
}

TEST_CASE("a run that a signal stops tells that")
{
    Told const told{{.conversation = "conv-c2", .times = kAlways, .kind = FaultKind::hang}};
    auto const program = start_program({"run"}, told.settings);
    REQUIRE(told.simulator.wait_for_requests(2));
    program->send(SIGTERM);
    auto const ended = program->wait(kWholeStop);
    CHECK(ended.code == 143);
    CHECK(told.suffixes() == "/start;/143;");
    CHECK(text_of(told.sent_to_hook()).starts_with("Backfill: Stopped by a signal (exit code 143)\n"));
    told.expect_discretion(ended);
}

TEST_CASE("a file that cannot be written makes 0 a 3 before anybody is told")
{
    Told const told;
    ScratchFile const page{"what an earlier run left"};
    auto const settings = with(told.settings, {{"MARKDOWN_FILE", page.path()}});
    auto const ended = start_in_shell(R"(ulimit -f 0 && exec "$0" run)", {}, settings)->wait();
    CHECK(ended.code == 3);
    CHECK(holds(ended.err, "the markdown file could not be written: File too large"));
    CHECK(told.suffixes() == "/start;/3;");
    CHECK(parsed(told.sent_to_hook())->getValue<int>("exit_code") == 3);
    CHECK(content_of(page.path()) == "what an earlier run left");
}

TEST_CASE("verify is told like a run, and a dry run to the webhook alone")
{
    Told const told;
    auto const verify = run_program({"verify"}, told.settings);
    CHECK(verify.code == 3);
    CHECK(told.suffixes() == "/start;/3;");
    CHECK(holds(told.sent_to_check("/3"), "Verify: The two sides differ (exit code 3)"));
    auto const dry = run_program({"dry-run", "--notify-on=always"}, told.settings);
    CHECK(dry.code == 0);
    CHECK(told.suffixes() == "/start;/3;");
    CHECK(holds(told.sent_to_hook(), "[Dry run] A run would need 2 requests to Freshchat"));
    told.expect_discretion(verify);
    told.expect_discretion(dry);
}

TEST_CASE("the Markdown page is appended to the workflow's summary, and replaces any other file as a whole")
{
    bool const is_summary = GENERATE(true, false);
    Told const told{{.conversation = "conv-c2", .times = kAlways, .status = 404}};
    ScratchFile const page{"what a step before wrote"};
    auto const settings = with(told.settings,
        {{"MARKDOWN_FILE", page.path()}, {"GITHUB_STEP_SUMMARY", is_summary ? page.path() : "/nonexistent"}});
    auto const run = run_program({"run"}, settings);
    CHECK(run.code == 3);
    auto const text = content_of(page.path());
    auto const begin = is_summary ? std::string{"what a step before wrote\n"} : std::string{};
    CHECK(text.starts_with(begin + "## Backfill: Finished, but 1 conversation failed\n\nExit code 3: "));
    CHECK(holds(text, "\n* 1 conversation not found at Freshchat"));
    CHECK(holds(text, "\n| totalMessagesInserted | 2 |\n"));
    CHECK_FALSE(holds(text, "conv-c"));
    auto const again = run_program({"run"}, settings);
    CHECK(holds(content_of(page.path()), "| totalMessagesInserted | 2 |") == is_summary);
}

TEST_CASE("doctor sends no ping, and a test message to the webhook where it is asked for")
{
    Told const told;
    auto doctor = run_program({"doctor", "--json"}, told.settings);
    CAPTURE(doctor.out);
    CHECK(doctor.code == 0);
    CHECK(told.server.requests().empty());
    CHECK(holds(doctor.out, R"({"name":"healthcheck_connection","result":"ok")"));
    CHECK(run_program({"doctor", "--notify"}, with(told.settings, {{"BATCH_SIZE", "0"}})).code == 2);
    CHECK(told.server.requests().empty());
    doctor = run_program({"doctor", "--json", "--notify"}, told.settings);
    CHECK(doctor.code == 0);
    CHECK(told.suffixes().empty());
    CHECK(holds(text_of(told.sent_to_hook()), "this is a test message"));
    CHECK(holds(doctor.out, "a test message was sent, and answered with HTTP 200: OK"));
    told.expect_discretion(doctor);
}
