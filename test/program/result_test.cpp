// LOG_FORMAT=json and SUMMARY_FILE: the result for machines, however the run ends.

#include "program/tables.hpp"
#include "support/json.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>
#include <string>

using namespace backfill::test;

namespace {

/// Every line as an object; throws when one is none.
std::vector<Json> events_of(std::string const& text)
{
    std::vector<Json> events;
    for (auto const& line : lines_of(text)) {
        events.push_back(parsed(line));
    }
    return events;
}

/// c1 with two messages, one of them stored; c2 unknown to Freshchat; c3 with three.
struct Three {
    explicit Three(Fault const& more = {.times = 0})
        : simulator{Conversations{{"c1", messages("a", 2)}, {"c2", {}}, {"c3", messages("b", 3)}},
            {.faults = {{.conversation = "c2", .times = kAlways, .status = 404}, more}}}
    {
        store_only({"c1", "c2", "c3"});
    }

    Simulator simulator;
};

} // namespace

TEST_CASE(
    "with LOG_FORMAT=json every line of both streams is one object, and they hold the numbers of the summary file")
{
    Three const three;
    ScratchFile const file{"what an earlier run left"};
    auto const run = run_program({"run", "-v", "--log-format=json"},
        with(settings_for(three.simulator), {{"SUMMARY_FILE", file.path()}, {"BATCH_SIZE", "2"}}));
    CHECK(run.code == 3);
    std::map<std::string, int> seen;
    Json last_summary;
    int requests = 0;
    int fresh = 0;
    for (auto const& stream : {run.out, run.err}) {
        for (auto const& event : events_of(stream)) {
            auto const name = event->getValue<std::string>("event");
            ++seen[name];
            CHECK(event->getValue<std::string>("time").ends_with("Z"));
            CHECK(event->has("level"));
            requests += name == "request" && event->getValue<std::string>("side") == "freshchat" ? 1 : 0;
            fresh += name == "conversation_done" ? event->getValue<int>("new") : 0;
            last_summary = name == "summary" ? event : last_summary;
        }
    }
    CHECK(seen["run_started"] == 1);
    CHECK(seen["batch_started"] == 2);
    CHECK(seen["conversation_done"] == 2);
    CHECK(seen["conversation_failed"] == 1);
    CHECK(run.err.find("\"event\":\"conversation_failed\",\"conversation\":\"c2\",\"code\":\"not_found\",")
        != std::string::npos);
    REQUIRE(last_summary);
    CHECK(last_summary->getValue<int>("conversations_processed") == 2);
    CHECK(last_summary->getValue<int>("messages_new") == 5);
    CHECK(fresh == 5);

    auto const summary = parsed(content_of(file.path()));
    CHECK(summary->getValue<int>("exit_code") == 3);
    CHECK(summary->getValue<std::string>("ending") == "complete");
    CHECK(number(summary, "conversations", "processed") == 2);
    CHECK(number(summary, "conversations", "failed") == 1);
    CHECK(number(summary, "messages", "new") == 5);
    CHECK(static_cast<std::size_t>(requests) == three.simulator.counters().requests);
    CHECK(summary->getObject("requests")->getObject("freshchat")->getValue<int>("total") == requests);
    CHECK(number(summary->getObject("requests")->getObject("freshchat"), "by_outcome", "404") == 2);
    CHECK(summary->getArray("failed_conversations")->getObject(0)->getValue<std::string>("id") == "c2");
}

TEST_CASE("progress is an event too, and never a rewritten line among objects")
{
    Three const three{{.conversation = "c3", .times = kAlways, .kind = FaultKind::hang}};
    auto const program = start_program({"run", "--log-format=json"},
        with(settings_for(three.simulator), {{"PROGRESS_INTERVAL", "1s"}, {"TERM", "xterm"}}), {}, Terminal{});
    CHECK(program->wait_for(Stream::err, "\"event\":\"progress\",\"phase\":\"running\",\"conversations\":3,", 2));
    program->send(SIGTERM);
    auto const ended = program->wait();
    CHECK(ended.err.find('\x1B') == std::string::npos);
    CHECK(events_of(ended.err).size() > 5);
}

TEST_CASE("the summary file and the page are there after a stop, after a fatal end, and when nothing could begin")
{
    ScratchFile const file{"what an earlier run left"};
    ScratchFile const page_file{"what an earlier run left"};
    Environment const wanted{{"SUMMARY_FILE", file.path()}, {"REPORT_FILE", page_file.path()}};
    std::string page;
    SECTION("a stop")
    {
        Three const three{{.conversation = "c3", .times = kAlways, .kind = FaultKind::hang}};
        auto const program = start_program({"run"}, with(settings_for(three.simulator), wanted));
        REQUIRE(three.simulator.wait_for_requests(4));
        CHECK(content_of(file.path()) == "what an earlier run left"); // until the end
        CHECK(content_of(page_file.path()) == "what an earlier run left");
        program->send(SIGTERM);
        CHECK(program->wait().code == 143);
        auto const summary = parsed(content_of(file.path()));
        CHECK(summary->getValue<std::string>("ending") == "stopped");
        CHECK(summary->getValue<int>("exit_code") == 143);
        CHECK(number(summary, "conversations", "not_reached") == 1);
        CHECK(number(summary, "messages", "new") == 2);
        page = content_of(page_file.path());
        CHECK(holds(page, "Exit code <data value=\"143\">"));
        CHECK(number(page, "Conversations", "not reached") == 1);
        CHECK(number(page, "Messages", "new") == 2);
    }
    SECTION("a refused token")
    {
        Three const three{{.conversation = "c3", .times = kAlways, .status = 401}};
        CHECK(run_program({"run"}, with(settings_for(three.simulator), wanted)).code == 1);
        auto const summary = parsed(content_of(file.path()));
        CHECK(summary->getValue<std::string>("ending") == "fatal");
        CHECK(summary->getValue<std::string>("fatal").starts_with("Freshchat refused the token"));
        CHECK(number(summary, "messages", "new") == 2);
        page = content_of(page_file.path());
        CHECK(holds(page, "<h1>The run could not go on</h1>"));
        CHECK(holds(page, "<li>Freshchat refused the token"));
        CHECK(number(page, "Messages", "new") == 2);
    }
    SECTION("a table that is not there")
    {
        Three const three;
        auto const settings = with(settings_for(three.simulator), {{"MESSAGE_TABLE", "Nope"}});
        CHECK(run_program({"run"}, with(settings, wanted)).code == 1);
        auto const summary = parsed(content_of(file.path()));
        CHECK(summary->getValue<std::string>("fatal").find("Nope") != std::string::npos);
        CHECK(number(summary, "conversations", "total") == 0);
        CHECK(summary->getObject("requests")->getObject("freshchat")->getValue<int>("total") == 0);
        page = content_of(page_file.path());
        CHECK(number(page, "Conversations", "in all") == 0);
        CHECK(holds(page, "Freshchat was not asked."));
    }
    SECTION("a dry run and a comparison")
    {
        Three const three;
        auto const ended = run_program({"dry-run"}, with(settings_for(three.simulator), wanted));
        CHECK(ended.code == 3);
        auto const summary = parsed(content_of(file.path()));
        CHECK(summary->getValue<bool>("dry_run"));
        CHECK(number(summary, "run_estimate", "freshchat_requests") == 4);
        CHECK(ended.out.find("[Dry run] A run would need 4 requests to Freshchat, about "
                  + std::to_string(number(summary, "run_estimate", "supabase_requests")) + " to Supabase, ")
            != std::string::npos);
        CHECK(number(content_of(page_file.path()), "Messages", "to insert") == 5);
        CHECK(run_program({"verify"}, with(settings_for(three.simulator), wanted)).code == 3);
        page = content_of(page_file.path());
        CHECK(number(page, "Messages", "missing") == 5);
    }
    CHECK(page.starts_with("<!DOCTYPE html>\n"));
    CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("what is refused before anything is sent is told in the log's format")
{
    Three const three;
    auto const json = run_program({"run", "--log-format=json"},
        with(settings_for(three.simulator), {{"SUMMARY_FILE", "/nonexistent/summary.json"}}));
    CHECK(json.code == 2);
    auto const events = events_of(json.err);
    REQUIRE(events.size() == 1);
    CHECK(events[0]->getValue<std::string>("event") == "usage_error");
    CHECK(three.simulator.counters().requests == 0);
}
