// What is told of a run's end: in the words of its log, without ids.

#include "app/notify/delivery.hpp"
#include "app/notify/markdown.hpp"
#include "app/notify/notice.hpp"
#include "app/settings/settings.hpp"
#include "support/json.hpp"
#include "support/run_desk.hpp"
#include "support/scripted_transport.hpp"
#include "support/secret_url.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

std::string target_of(std::string const& check, std::string const& suffix)
{
    return health_message(secret_url(check), suffix, "").target;
}

std::vector<std::string> lines(std::string const& text)
{
    std::vector<std::string> found;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        found.push_back(line);
    }
    return found;
}

RunSnapshot some_failed()
{
    RunSnapshot run;
    run.batch_began = true;
    run.conversations = {.taken = 10, .processed = 7, .failed = 3};
    run.conversation_failures = {{"not_found", 2}, {"upsert", 1}, {"server", 3}, {"throttled", 4}};
    run.message_failures = {{"lost", 4}, {"unusable", 1}, {"23514", 2}, {"not_stored", 3}};
    run.messages.failed = 10;
    return run;
}

} // namespace

TEST_CASE("what a health check is told stands behind the path of its URL and before its query")
{
    CHECK(target_of("https://hc-ping.com/uuid", "/start") == "/uuid/start");
    CHECK(target_of("https://hc-ping.com/uuid", "") == "/uuid");
    CHECK(target_of("https://hc-ping.com/uuid/", "/log") == "/uuid/log");
    CHECK(target_of("https://hc-ping.com/uuid/", "") == "/uuid/");
    CHECK(target_of("https://hc-ping.com/key/slug?create=1", "/3") == "/key/slug/3?create=1");
    CHECK(target_of("https://hc-ping.com/key/slug/?create=/1/", "/143") == "/key/slug/143?create=/1/");
    CHECK(target_of("https://hc-ping.com", "/start") == "/start");
    CHECK(target_of("https://hc-ping.com/", "/start") == "/start");
    CHECK(target_of("https://hc-ping.com?a=b", "/start") == "/start?a=b");
    CHECK(target_of("hc-ping.com/a?u=https://b/c", "/1") == "/a/1?u=https://b/c");
}

TEST_CASE("which exit code is told to whom")
{
    CHECK(health_suffix(0).empty());
    CHECK(health_suffix(10) == "/log");
    for (auto const code : {1, 2, 3, 129, 130, 143}) {
        CHECK(health_suffix(code) == "/" + std::to_string(code));
        CHECK(is_told(NotifyOn::failure, code));
    }
    CHECK_FALSE(is_told(NotifyOn::failure, 0));
    CHECK_FALSE(is_told(NotifyOn::failure, 10));
    CHECK(is_told(NotifyOn::always, 0));
    CHECK(is_told(NotifyOn::always, 10));
}

TEST_CASE("a message is delivered when the server says so itself")
{
    CHECK(why_undelivered(reply(200)).empty());
    CHECK(why_undelivered(reply(204)).empty());
    CHECK(why_undelivered(reply(302, "hunter2", {{"Location", "https://hunter2"}}))
        == "HTTP 302, and redirects are not followed");
    CHECK(why_undelivered(reply(500, "hunter2", {{"x-request-id", "hunter2"}})) == "HTTP 500");
    CHECK(why_undelivered(no_reply(http::TransportError::Kind::timeout, "no whole answer within 1 ms"))
        == "Connection timeout: no whole answer within 1 ms");
}

TEST_CASE("what a server answers is shown without any part of the URL")
{
    auto const hook =
        secret_url("https://h/services/B0AAAAAA/hunter2hunter2?token=hunter3hunter3&key=hunter4&a=sixsix&b=fives");
    CHECK(answer_text(reply(404, " no_service hunter2hunter2, hunter3hunter3/hunter4 B0AAAAAA sixsix fives\n"), hook)
        == "no_service ***, ***/*** *** *** fives");
    CHECK(answer_text(reply(200, "ok"), hook) == "ok");
    CHECK(answer_text(reply(200, std::string(5000, 'x')), hook).size() < 300);
}

TEST_CASE("a chat is told in two to five lines how a run ended, its numbers, and what to do next")
{
    Settings settings;
    RunSnapshot run;
    auto const told = [&](Ending ending, int code) { return lines(notice_of(settings, run, {ending, code, {}}).text); };
    SECTION("a success")
    {
        run.conversations = {.taken = 2, .processed = 2};
        run.messages.fresh = 5;
        CHECK(told(Ending::complete, 0)
            == std::vector<std::string>{"Backfill: Everything asked for is stored (exit code 0)",
                "Summary: { totalConversations: 2, conversationsProcessed: 2, conversationsFailed: 0, "
                "totalMessagesInserted: 5, totalMessagesFailed: 0, durationSeconds: '0.00' }"});
        settings.command = Command::dry_run;
        CHECK(told(Ending::complete, 0).back().starts_with("[Dry run] A run would need "));
        settings.command = Command::verify;
        run.messages = {.fetched = 5, .stored = 5};
        CHECK(told(Ending::complete, 0).back()
            == "[Verify] Nothing is missing: the table holds all 5 messages of 2 conversations");
        run.stored_elsewhere = 2; // Freshchat has them in both
        CHECK(told(Ending::complete, 0).back()
            == "[Verify] Nothing is missing: of 5 messages of 2 conversations, 3 are stored under their own and 2 "
               "under another one");
        run.stored_elsewhere = 4;
        CHECK(told(Ending::complete, 0).back()
            == "[Verify] Nothing is missing: of 5 messages of 2 conversations, 1 is stored under its own and 4 under "
               "another one");
        run.stored_elsewhere = 5;
        CHECK(told(Ending::complete, 0).back()
            == "[Verify] Nothing is missing: of 5 messages of 2 conversations, 0 are stored under their own and 5 "
               "under another one");
    }
    SECTION("failures of many kinds")
    {
        run = some_failed();
        auto const text = told(Ending::complete, 3);
        REQUIRE(text.size() == 5);
        CHECK(text[0] == "Backfill: Finished, but 3 conversations failed (exit code 3)");
        CHECK(text[2].starts_with("2 conversations not found at Freshchat"));
        CHECK(text[4].ends_with("kinds more, see the lines above or a REPORT_FILE."));
    }
    SECTION("a fatal end, before and after the first batch")
    {
        run.fatal = "Freshchat refused the token: HTTP 401 (X-Trace-ID 12-ab) (x-request-id q). Check FRESHCHAT_TOKEN";
        auto text = told(Ending::fatal, 1);
        REQUIRE(text.size() == 2);
        CHECK(text[0] == "Backfill: The run could not go on (exit code 1)");
        CHECK(text[1].starts_with("Standard error says why, and what to do; it names HTTP 401, FRESHCHAT_TOKEN. When "
                                  "that is fixed, run it again"));
        run.batch_began = true;
        text = told(Ending::fatal, 1);
        CHECK(text.size() == 3);
        CHECK(text[1].starts_with("Summary: {"));
    }
    SECTION("stops")
    {
        run.conversations.taken = 10;
        CHECK(told(Ending::stopped, 143).size() == 2);
        run.batch_began = true;
        CHECK(told(Ending::stopped, 10)[0] == "Backfill: Stopped at MAX_DURATION (exit code 10)");
        CHECK(told(Ending::stopped, 10).size() == 3);
    }
}

TEST_CASE("the webhook's object has the summary's members, and of Google Chat only its text")
{
    Settings settings;
    auto run = some_failed();
    run.fatal = "why (X-Trace-ID 12-ab)";
    auto const notice = notice_of(settings, run, {Ending::complete, 3, {}});
    auto const json = parsed(notice.json);
    CHECK(json->getValue<std::string>("text") == notice.text);
    CHECK(json->getValue<int>("exit_code") == 3);
    CHECK(json->getValue<std::string>("command") == "run");
    CHECK(json->getValue<std::string>("fatal") == "Standard error says why, and what to do");
    CHECK(json->getObject("conversations")->getValue<int>("failed") == 3);
    CHECK(json->has("requests"));
    CHECK_FALSE(json->has("failed_conversations"));
    CHECK(webhook_message(secret_url("https://hooks.slack.com/services/x"), notice).body == notice.json);
    auto const chat = parsed(webhook_message(secret_url("https://chat.googleapis.com/v1/x?key=k"), notice).body);
    CHECK(chat->size() == 1);
    CHECK(chat->getValue<std::string>("text") == notice.text);
}

TEST_CASE("the health check gets the closing lines of the log")
{
    RunDesk desk;
    desk.report.found(2, 2);
    desk.report.batch_started(1, 2);
    desk.report.conversation_done("conv-c1", {.fetched = 2, .fresh = 2});
    desk.report.conversation_failed({"conv-c2", ConversationFailure::not_found, "HTTP 404 (X-Trace-ID 12-ab)"});
    desk.report.finished(Ending::complete);
    RunEnd const end{Ending::complete, 3, {}};
    desk.report.told_what_next(end);
    std::string closing = "Backfill: Finished, but 1 conversation failed (exit code 3)\n";
    std::size_t steps = 0;
    for (auto const& event : desk.events) {
        steps += event.name == "next_step" ? 1 : 0;
        closing += event.name == "summary" || event.name == "next_step" ? event.text + "\n" : "";
    }
    CHECK(steps == 1);
    CHECK(notice_of(desk.settings, desk.facts.snapshot(), end).lines == closing);
    CHECK(closing.find("conv-c") == std::string::npos);
    CHECK(closing.find("12-ab") == std::string::npos);
}

TEST_CASE("why a run could not go on is told by what is known to hold nothing of anybody: settings and codes")
{
    auto const told = [](std::string const& fatal) {
        RunSnapshot run;
        run.fatal = fatal;
        return ToldRun{run}.numbers.fatal;
    };
    std::string const why = "Standard error says why, and what to do";
    CHECK(told("").empty());
    CHECK(told("no table") == why);
    CHECK(
        told("CONVERSATION_FILTER (--where) mail=eq.joe@example.com is refused: HTTP 400, PGRST100: \"failed to parse "
             "filter (eq.joe@example.com)\". Check it, and CONVERSATION_FILTER. See STATE_FILE.")
        == why + "; it names HTTP 400, PGRST100, CONVERSATION_FILTER, --where, STATE_FILE");
    CHECK(told("table \"Message\": HTTP 401, 42501: permission denied for x. Check SUPABASE_SERVICE_ROLE_KEY.")
        == why + "; it names HTTP 401, 42501, SUPABASE_SERVICE_ROLE_KEY");
    CHECK(told("The Supabase key belongs to project abcdef and not to AB123, 12345, HTTP 4, HTTP 1234, NEAR_FILE")
        == why);
    CHECK(told("MY_STATE_FILE STATE_FILES state_file --wherever") == why);
    CHECK(told("FRESHCHAT_TOKEN_FILE=/home/joe") == why + "; it names FRESHCHAT_TOKEN_FILE");

    RunSnapshot run;
    run.fatal = "joe@example.com";
    RunEnd const end{Ending::fatal, 1, {}};
    CHECK(lines(notice_of(Settings{}, run, end).lines).at(1) == "[Backfill] Fatal: " + why);
    for (auto const& text : {notice_of(Settings{}, run, end).text, notice_of(Settings{}, run, end).lines,
             notice_of(Settings{}, run, end).json, markdown_page(Settings{}, run, end)}) {
        CHECK(text.find("joe") == std::string::npos);
    }
}

TEST_CASE("refused settings are told by their names, not by their values")
{
    auto const told = [](int code, std::vector<std::string> const& refused) {
        auto const notice = notice_of_error(Command::run, code, refused);
        CHECK(notice.lines == notice.text + "\n");
        CHECK(parsed(notice.json)->getValue<int>("exit_code") == code);
        REQUIRE(lines(notice.text).size() == 2);
        return notice.text;
    };
    std::string const wrong = "Backfill: wrong settings or command line: nothing was sent (exit code 2)\n"
                              "Standard error says why, and what to do";
    CHECK(told(2, {"BATCH_SIZE=0: must be"}) == wrong + "; it names BATCH_SIZE.");
    CHECK(told(2, {"--where=mail=eq.joe: expected", "SHARD in .env.joe=joe: must be i/n", "--where=x: expected"})
        == wrong + "; it names --where, SHARD.");
    CHECK(told(2, {"CREATED_TO=2020: must not be before CREATED_FROM=2021"})
        == wrong + "; it names CREATED_TO, CREATED_FROM.");
    CHECK(told(2, {"stray argument conv-joe after the command run; see --help"}) == wrong + ".");
    CHECK(told(2, {"unknown option --joe"}) == wrong + ".");
    CHECK(told(2, {"--env-file=/home/joe: the file cannot be read"}) == wrong + "; it names --env-file.");
    CHECK(told(1, {"internal error: joe"})
        == "Backfill: fatal: the run could not go on (exit code 1)\nStandard error says why, and what to do.");
}

TEST_CASE("the Markdown page says how the run ended, what to do and the summary's numbers")
{
    Settings settings;
    auto const page = markdown_page(settings, some_failed(), {Ending::complete, 3, {}});
    CHECK(page.starts_with("## Backfill: Finished, but 3 conversations failed\n\nExit code 3: finished, but something "
                           "failed or differs. Began 1970"));
    CHECK(page.find("\n* 2 conversations not found at Freshchat") != std::string::npos);
    CHECK(page.find("set `ON_NOT_FOUND=ignore`, so") != std::string::npos);
    CHECK(page.find("\n| Summary | |\n|---|--:|\n| totalConversations | 10 |\n") != std::string::npos);
    CHECK(page.find("\n| totalMessagesFailed | 10 |\n") != std::string::npos);
    CHECK(page.ends_with(" |\n"));
}

TEST_CASE("what comes from outside stays text on the Markdown page")
{
    Settings settings;
    RunSnapshot run;
    run.message_failures = {{"23514", 1}};
    run.messages.failed = 1;
    run.refusal_advice = {{"23514", "table \"a*b_c\" <img src=x> [x](https://x) `code` | #1 @you\nnew"}};
    auto const page = markdown_page(settings, run, {Ending::complete, 3, {}});
    CHECK(page.find(
              "* 1 with 23514: table \"a\\*b\\_c\" \\<img src=x\\> \\[x\\](https://x) 'code' \\| \\#1 \\@you\\\\x0Anew")
        != std::string::npos);
}
