// The files of runs that share them, with each other and with doctor.

#include "program/tables.hpp"
#include "support/json.hpp"
#include "support/metric_samples.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <string>

using namespace backfill::test;

namespace {

/// c1 with a message that is good and one that is not; c2 does not answer, which holds a run there.
struct Held {
    Held()
        : simulator{Conversations{
                        {"c1", {message_json("good", "good"), R"({"id":"timeless","actor_type":"user"})"}}, {"c2", {}}},
            {.faults = {{.conversation = "c2", .times = kAlways, .kind = FaultKind::hang}}}}
    {
        store_only({"c1", "c2"});
        settings = with(settings_for(simulator),
            {{"SUMMARY_FILE", path("summary.json")}, {"REJECTS_FILE", path("rejects.jsonl")},
                {"REPORT_FILE", path("page.html")}, {"METRICS_FILE", path("metrics.prom")},
                {"MARKDOWN_FILE", path("page.md")}, {"STATE_FILE", path("state.json")}, {"RATE_LIMIT_DELAY", "1"}});
    }

    std::string path(std::string const& name) const { return folder.path() + "/" + name; }

    /// In every sense the file of a run that was stopped.
    void expect_whole() const
    {
        CHECK(parsed(content_of(path("summary.json")))->getValue<int>("exit_code") == 143);
        CHECK(content_of(path("rejects.jsonl"))
            == R"({"conversation":"c1","message":"timeless","code":"unusable","reason":"it has no created_time"})"
               "\n");
        auto const page = content_of(path("page.html"));
        CHECK(page.starts_with("<!DOCTYPE html>\n"));
        CHECK(page.ends_with("</html>\n"));
        CHECK(content_of(path("page.md")).starts_with("## Backfill: Stopped by a signal\n\nExit code 143: "));
        CHECK(holds(content_of(path("metrics.prom")), "freshchat_backfill_last_exit_code{command=\"run\"} 143\n"));
        CHECK(folder.names()
            == std::set<std::string>{
                "metrics.prom", "page.html", "page.md", "rejects.jsonl", "state.json", "summary.json"});
    }

    ScratchFolder folder;
    Simulator simulator;
    Environment settings;
};

constexpr auto kFirstDone = "✓ Conversation c1: 1 new, 0 skipped, 1 failed, 2 total\n";

} // namespace

TEST_CASE("doctor beside a run leaves the run's files as they are")
{
    Held const held;
    auto const run = start_program({"run"}, held.settings);
    REQUIRE(run->wait_for(Stream::out, kFirstDone));
    REQUIRE(held.simulator.wait_for_requests(2));
    auto const doctor = run_program({"doctor", "--json"}, held.settings);
    CHECK(doctor.code == 0);
    CHECK(holds(doctor.out, R"({"name":"files","result":"ok")"));
    run->send(SIGTERM);
    auto const ended = run->wait();
    CHECK(ended.code == 143);
    CHECK_FALSE(holds(ended.err, "could not be written"));
    held.expect_whole();
}

TEST_CASE("two runs at once with the same settings both end well, and each file is whole")
{
    Held const held;
    auto const first = start_program({"run"}, held.settings);
    REQUIRE(first->wait_for(Stream::out, kFirstDone));
    auto const second = start_program({"run"}, held.settings);
    REQUIRE(second->wait_for(Stream::out, "✓ Conversation c1: 0 new, 1 skipped, 1 failed, 2 total\n"));
    REQUIRE(held.simulator.wait_for_requests(4));
    bool const first_ends_first = GENERATE(true, false);
    for (auto const& run :
        {first_ends_first ? first.get() : second.get(), first_ends_first ? second.get() : first.get()}) {
        run->send(SIGTERM);
        auto const ended = run->wait();
        CHECK(ended.code == 143);
        CHECK_FALSE(holds(ended.err, "could not be written"));
        CHECK(content_of(held.path("summary.json")).ends_with("}\n"));
    }
    held.expect_whole();
}

TEST_CASE("a run that was killed leaves nothing that piles up")
{
    Held held;
    for (int i = 0; i < 3; ++i) {
        held.simulator.clear_requests();
        auto const run = start_program({"run"}, held.settings);
        REQUIRE(held.simulator.wait_for_requests(2));
        run->send(SIGKILL);
        CHECK(run->wait().signal == SIGKILL);
    }
    auto const run = start_program({"run"}, held.settings);
    REQUIRE(run->wait_for(Stream::out, "✓ Conversation c1: "));
    run->send(SIGTERM);
    CHECK(run->wait().code == 143);
    held.expect_whole();
}

TEST_CASE("a file that cannot be written is refused before anything is sent, and doctor says so")
{
    Held const held;
    auto const* const setting =
        GENERATE("SUMMARY_FILE", "REPORT_FILE", "MARKDOWN_FILE", "METRICS_FILE", "REJECTS_FILE", "STATE_FILE");
    bool const is_folder = GENERATE(true, false);
    std::string const path = is_folder ? held.folder.path() : "/nonexistent/file";
    std::string const why = is_folder ? "Is a directory" : "No such file or directory";
    auto const settings = with(held.settings, {{setting, path}});
    auto const said = setting + ("=" + path) + ": cannot be written: " + why;
    auto const run = run_program({"run"}, with(settings, {{"PUSHGATEWAY_URL", "http://127.0.0.1:1"}})); // nor to this
    CHECK(run.code == 2);
    CHECK(run.err == "freshchat-backfill: " + said + "\n");
    CHECK(run.out == "");
    CHECK(held.simulator.counters().requests == 0);
    auto const doctor = run_program({"doctor", "--json"}, settings);
    CHECK(doctor.code == 1);
    CHECK(holds(doctor.out, R"({"name":"files","result":"failed","detail":")" + said));
    CHECK(held.folder.names().empty());
}

TEST_CASE("the files of a run whose standard output took no lines say so, and it counts as no success")
{
    store_only({"c1"});
    Simulator const simulator{Conversations{{"c1", messages("a", 2)}}};
    ScratchFolder const folder;
    auto const path = [&](char const* name) { return folder.path() + "/" + name; };
    std::string const success = "last_success_timestamp_seconds{command=\"run\"}";
    std::ofstream{path("metrics.prom")} << "freshchat_backfill_" + success + " 1000000000.000\n";
    auto const settings = with(settings_for(simulator),
        {{"SUMMARY_FILE", path("summary.json")}, {"METRICS_FILE", path("metrics.prom")},
            {"REPORT_FILE", path("page.html")}});
    auto const [output, code] = GENERATE(table<std::string, int>({{"/dev/full", 1}, {"/dev/null", 0}}));
    CAPTURE(output);
    CHECK(start_in_shell(R"(exec "$0" run >)" + output, {}, settings)->wait().code == code);
    auto const summary = content_of(path("summary.json"));
    CHECK(holds(summary, R"("ending":"complete","exit_code":)" + std::to_string(code)));
    CHECK(holds(summary, R"("output_error":"No space left on device")") == (code == 1));
    auto const metrics = content_of(path("metrics.prom"));
    CHECK(value_of(metrics, "last_exit_code{command=\"run\"}") == std::to_string(code));
    CHECK((value_of(metrics, success) == "1000000000.000") == (code == 1));
    auto const page = content_of(path("page.html"));
    CHECK(holds(page, "Exit code <data value=\"" + std::to_string(code) + "\">"));
    CHECK(holds(page, "standard output could not be written") == (code == 1));
}

TEST_CASE("a full disk is one warning, and what the file held before stays")
{
    auto const [setting, said] = GENERATE(table<std::string, std::string>(
        {{"METRICS_FILE", "the metrics file could not be written: File too large. This is said once.\n"},
            {"SUMMARY_FILE",
                "the summary file could not be written: File too large. What it held before is still there.\n"
                "[Backfill] Next: A file that you asked for could not be written, and a warning says which and why: "
                "all else is as with exit code 0.\n"}}));
    store_only({"c1"});
    Simulator const simulator{Conversations{{"c1", messages("a", 2)}}};
    ScratchFile const file{"what an earlier run left"};
    auto const settings = with(settings_for(simulator), {{setting, file.path()}});
    auto const ended = start_in_shell(R"(ulimit -f 0 && exec "$0" run)", {}, settings)->wait();
    CHECK(ended.code == (setting == "METRICS_FILE" ? 0 : 3)); // who reads the summary must not take the old one for it
    CHECK(ended.err == "[Backfill] Warning: " + said);
    CHECK(summary_of(ended.out).inserted == 2);
    CHECK(content_of(file.path()) == "what an earlier run left");
    CHECK_FALSE(std::filesystem::exists(file.path() + ".part"));
}
