// The result of a run for machines: events, the summary file, and what a dry run says of the real one.

#include "app/log/run_estimate.hpp"
#include "app/log/summary_json.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/log.hpp"
#include "support/json.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

Json summary_of(PipelineBench const& bench, Ending ending, int code)
{
    auto const text =
        summary_json(bench.settings, *bench.facts, {ending, code, std::chrono::system_clock::from_time_t(0)});
    CHECK(text.ends_with("}\n"));
    return parsed(text);
}

} // namespace

TEST_CASE("every event of a run is a JSON line, and the last ones hold the numbers of the text")
{
    auto const seed = GENERATE(range(0U, 10U));
    PipelineBench bench;
    bench.settings.pace = Pace::adaptive;
    bench.add_conversations(30, 4);
    bench.break_at_random(seed);
    bench.run();
    auto const text = bench.summary();
    int done = 0;
    int failed = 0;
    int fresh = 0;
    Json summary;
    for (auto const& event : bench.events) {
        auto const line = json_line(event, std::chrono::system_clock::now());
        CHECK(line.find('\n') == std::string::npos);
        auto const object = parsed(line);
        auto const name = object->getValue<std::string>("event");
        done += name == "conversation_done" ? 1 : 0;
        failed += name == "conversation_failed" ? 1 : 0;
        fresh += name == "conversation_done" ? object->getValue<int>("new") : 0;
        summary = name == "summary" ? object : summary;
    }
    REQUIRE(summary);
    CHECK(summary->getValue<int>("conversations") == text.at("totalConversations"));
    CHECK(summary->getValue<int>("conversations_processed") == text.at("conversationsProcessed"));
    CHECK(summary->getValue<int>("conversations_failed") == text.at("conversationsFailed"));
    CHECK(summary->getValue<int>("messages_new") == text.at("totalMessagesInserted"));
    CHECK(summary->getValue<int>("messages_failed") == text.at("totalMessagesFailed"));
    CHECK(done == text.at("conversationsProcessed"));
    CHECK(failed == text.at("conversationsFailed"));
    CHECK(fresh <= text.at("totalMessagesInserted"));
}

TEST_CASE("the summary file holds every number, the failures by reason, and the conversations that failed")
{
    PipelineBench bench;
    bench.settings.batch_size = 3;
    bench.settings.selection.only = std::vector<ConversationId>{"c1", "c2", "c3", "c4", "gh\x1Bost"};
    bench.add_conversations(4, 2);
    bench.store("c1", "c1-m0");
    bench.freshchat_answer("c2", reply(404));
    bench.freshchat_answer("c3", reply(503));
    CHECK(bench.run() == Ending::complete);
    auto const summary = summary_of(bench, Ending::complete, 3);
    CHECK(summary->getValue<std::string>("command") == "run");
    CHECK_FALSE(summary->getValue<bool>("dry_run"));
    CHECK(summary->getValue<std::string>("ending") == "complete");
    CHECK(summary->getValue<int>("exit_code") == 3);
    CHECK_FALSE(summary->has("fatal"));
    CHECK(summary->getValue<std::string>("ended_at") == "1970-01-01T00:00:00.000Z");
    CHECK(number(summary, "conversations", "total") == 5);
    CHECK(number(summary, "conversations", "processed") == 2);
    CHECK(number(summary, "conversations", "failed") == 3);
    CHECK(number(summary, "messages", "new") == 3);
    CHECK(number(summary, "messages", "stored") == 1);
    CHECK(number(summary, "conversation_failures", "not_found") == 1);
    CHECK(number(summary, "conversation_failures", "server") == 1);
    CHECK(number(summary, "conversation_failures", "not_in_table") == 1);
    auto const freshchat = summary->getObject("requests")->getObject("freshchat");
    CHECK(freshchat->getValue<int>("total") == 8);
    CHECK(freshchat->getValue<int>("retried") == 3);
    CHECK(number(freshchat, "by_outcome", "200") == 2);
    CHECK(number(freshchat, "by_outcome", "404") == 2);
    CHECK(number(freshchat, "by_outcome", "503") == 4);
    auto const failed = summary->getArray("failed_conversations");
    REQUIRE(failed->size() == 3);
    CHECK(failed->getObject(0)->getValue<std::string>("id") == "gh\x1Bost");
    CHECK(failed->getObject(1)->getValue<std::string>("id") == "c2");
    CHECK(failed->getObject(1)->getValue<std::string>("reason") == "not found (HTTP 404)");
    CHECK(summary->getValue<int>("failed_conversations_left_out") == 0);
}

TEST_CASE("rows that are written without text, for other parts only, are counted and told once with the setting for it")
{
    constexpr auto* kPage =
        R"({"messages":[)"
        R"({"id":"i","created_time":"2025-01-03T00:00:00Z","message_parts":[{"image":{"url":"u"}}]},)"
        R"({"id":"f","created_time":"2025-01-02T00:00:00Z","message_parts":[{"?":{}}]},)"
        R"({"id":"e","created_time":"2025-01-01T00:00:00Z","message_parts":[]}]})";
    auto const [command, on_conflict, others, rows, told] =
        GENERATE(table<Command, supabase::OnConflict, OtherParts, int, std::string>({
            {Command::run, supabase::OnConflict::ignore, OtherParts::none, 1,
                "[Backfill] Stored without text: 1 row, made only of "},
            {Command::run, supabase::OnConflict::update, OtherParts::none, 2,
                "[Backfill] Stored without text: 2 rows, made only of "},
            {Command::dry_run, supabase::OnConflict::update, OtherParts::none, 2,
                "[Dry run] To be stored without text: 2 rows, made only of "},
            {Command::run, supabase::OnConflict::update, OtherParts::describe, 1,
                "[Backfill] Stored without text: 1 row, made only of parts of unknown types."},
            {Command::run, supabase::OnConflict::ignore, OtherParts::describe, 0, ""},
            {Command::verify, supabase::OnConflict::ignore, OtherParts::none, 0, ""},
        }));
    PipelineBench bench;
    bench.settings.command = command;
    bench.settings.messages.on_conflict = on_conflict;
    bench.settings.other_parts = others;
    bench.add_conversations(1, 1);
    bench.store("c1", "f");
    bench.freshchat_answer("c1", reply(200, kPage));
    CHECK(bench.run() == Ending::complete);
    CAPTURE(bench.notes);
    auto const events = std::ranges::count(bench.events, "messages_without_text", &Event::name);
    CHECK(events == (rows > 0 ? 1 : 0));
    CHECK(bench.count_notes(told) >= events);
    CHECK(bench.count_notes("OTHER_PARTS=describe") == (events == 1 && others == OtherParts::none ? 1 : 0));
    auto const summary = summary_of(bench, Ending::complete, 0);
    CHECK(number(summary, "messages", "without_text") == rows);
}

TEST_CASE("of very many failed conversations the first five thousand are listed, the rest is counted")
{
    PipelineBench bench;
    bench.report_failures(5003);
    auto const summary = summary_of(bench, Ending::complete, 3);
    CHECK(summary->getArray("failed_conversations")->size() == 5000);
    CHECK(summary->getValue<int>("failed_conversations_left_out") == 3);
    CHECK(number(summary, "conversation_failures", "network") == 5003);
}

TEST_CASE("a fatal end and what it left undone stand in the summary file")
{
    PipelineBench bench;
    bench.add_conversations(4, 1);
    bench.freshchat_answer("c3", reply(401));
    CHECK(bench.run() == Ending::fatal);
    auto const summary = summary_of(bench, Ending::fatal, 1);
    CHECK(summary->getValue<std::string>("fatal").starts_with("Freshchat refused the token: HTTP 401"));
    CHECK(number(summary, "conversations", "not_reached") == 2);
    CHECK(number(summary, "messages", "new") == 2);
}

TEST_CASE("what is equal and what is surplus is told by the command that compares")
{
    for (auto const command : {Command::run, Command::dry_run, Command::verify}) {
        PipelineBench bench;
        bench.settings.command = command;
        bench.add_conversations(2, 1);
        bench.run();
        auto const summary = summary_of(bench, Ending::complete, 0);
        CHECK(summary->getObject("conversations")->has("equal") == (command == Command::verify));
        CHECK(summary->getObject("messages")->has("surplus") == (command == Command::verify));
    }
}

TEST_CASE("a dry run counts the requests of the run that it stands for")
{
    PipelineBench dry;
    dry.settings.command = Command::dry_run;
    dry.add_conversations(40, 30);
    dry.conversation_pages("c7", 3);
    CHECK(dry.run() == Ending::complete);
    auto const estimate = estimate_run(dry.settings, dry.facts->snapshot());
    PipelineBench real;
    real.add_conversations(40, 30);
    real.conversation_pages("c7", 3);
    CHECK(real.run() == Ending::complete);
    auto const made = real.facts->snapshot();
    CHECK(estimate.freshchat_requests == made.freshchat.sent);
    CHECK(made.freshchat.sent > 42); // until a link was seen, walks look for a page beyond
    CHECK(estimate.supabase_requests == made.supabase.sent);
    // 1200 rows, and the proof of the right to insert.
    CHECK(estimate.supabase_requests - dry.facts->snapshot().supabase.sent == 3 + 1);
}

TEST_CASE("the price of a run: its upserts, and the time that they add")
{
    Settings settings;
    settings.batch_size = 50;
    settings.rate_limit_delay = 1s;
    settings.batch_delay = 5s;
    settings.page_delay = 500ms;
    settings.command = Command::dry_run;
    RunSnapshot dry;
    dry.elapsed = 1000s;
    dry.conversations.taken = dry.conversations.processed = 700;
    dry.conversations.with_news = 400;
    dry.messages = {.fetched = 6000, .fresh = 5000, .stored = 1000};
    dry.freshchat.sent = 812;
    dry.supabase.sent = 20;
    dry.supabase.time = 4s;
    // Rows trickle: an upsert for each conversation with news; one at each of 14 barriers is waited for, 0.2 s.
    auto const slow = estimate_run(settings, dry);
    CHECK(slow.freshchat_requests == 812);
    CHECK(slow.supabase_requests == 421);
    CHECK(slow.duration == 1002800ms);
    // Without delays they fill: 5000 rows are ten of them, and only the last is waited for.
    settings.rate_limit_delay = settings.batch_delay = settings.page_delay = 0ms;
    dry.elapsed = 8s;
    auto const quick = estimate_run(settings, dry);
    CHECK(quick.supabase_requests == 31);
    CHECK(quick.duration == 8200ms);
    // A database that is slower than the fetching sets the time.
    dry.supabase.time = 40s;
    CHECK(estimate_run(settings, dry).duration == 20s);
    settings.concurrency = 8; // two writers
    CHECK(estimate_run(settings, dry).duration == 10s);
    // With update, stored rows are written too.
    settings.messages.on_conflict = supabase::OnConflict::update;
    CHECK(estimate_run(settings, dry).supabase_requests == 33);
    dry.messages = {};
    CHECK(estimate_run(settings, dry).supabase_requests == 21);
}
