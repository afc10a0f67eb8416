// What ends a run for good: exit 1, one line that says what to do, and as early as it can be known.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace backfill::test;

namespace {

constexpr auto kOldKey =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln";
constexpr auto kKeyOfOtherProject =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJyb2xlIjoic2VydmljZV9yb2xlIiwicmVmIjoib3RoZXJwcm9qZWN0IiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2ln";

struct Case {
    Environment changes;
    std::vector<std::string> said; ///< pieces of the fatal line
    std::string command = "run";
};

std::string fatal_line(Ended const& ended)
{
    std::string found;
    for (auto const& line : lines_of(ended.err)) {
        if (line.starts_with("[Backfill] Fatal: ")) {
            found += line + "\n";
        }
    }
    return found;
}

void check_fatal(Ended const& ended, std::vector<std::string> const& said)
{
    CAPTURE(ended.out, ended.err);
    CHECK(ended.code == 1);
    auto const line = fatal_line(ended);
    CHECK(lines_of(line).size() == 1);
    for (auto const& piece : said) {
        CAPTURE(piece);
        CHECK(line.find(piece) != std::string::npos);
    }
    CHECK(strange_lines(ended.out).empty());
}

/// "c0" to "c<count-1>", oldest first, each with one message.
std::vector<std::string> store_numbered(Conversations& conversations, int count)
{
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
        ids.push_back("c" + std::to_string(i));
        conversations[ids.back()] = messages(ids.back() + "m", 1);
    }
    store_only(ids);
    return ids;
}

Ended run_against(Switches const& switches, int conversations = 3, Environment const& changes = {})
{
    Conversations held;
    store_numbered(held, conversations);
    Simulator const simulator{held, switches};
    return run_program({"run"}, with(settings_for(simulator), changes));
}

} // namespace

TEST_CASE("what is wrong at Supabase is fatal before any message is fetched, and the line says how to mend it")
{
    Conversations held;
    store_numbered(held, 3);
    Simulator const simulator{held};
    auto const& stack = Stack::local();
    std::vector<Case> const cases{
        {{{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_wrong"}}, {"HTTP 401", "key"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_wrong"}}, {"HTTP 401", "key"}, "dry-run"},
        {{{"SUPABASE_SERVICE_ROLE_KEY", kOldKey}}, {"expired"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", kKeyOfOtherProject}, {"SUPABASE_URL", "https://thisproject.supabase.co"}},
            {"otherproject", "thisproject"}},
        {{{"CONVERSATION_TABLE", "Nope"}}, {"Nope", "CONVERSATION_TABLE"}},
        {{{"CONVERSATION_TABLE", "Nope"}}, {"Nope", "CONVERSATION_TABLE"}, "dry-run"},
        {{{"MESSAGE_TABLE", "Nope"}}, {"Nope", "MESSAGE_TABLE"}},
        {{{"MESSAGE_COLUMNS", "id,conversationid,actor_type=nope"}}, {"nope", "MESSAGE_COLUMNS"}},
        {{{"MESSAGE_TABLE", "Message_no_key"}}, {"Message_no_key", "create unique index"}},
        {{{"MESSAGE_TABLE", "Message_no_insert"}},
            {"42501", "grant select, insert, update on public.\"Message_no_insert\""}},
        {{{"MESSAGE_TABLE", "Message_no_select"}}, {"42501", "grant select"}},
        {{{"MESSAGE_TABLE", "Message_no_select"}}, {"42501", "grant select"}, "dry-run"},
        {{{"MESSAGE_TABLE", "Message_no_update"}, {"ON_CONFLICT", "update"}},
            {"42501", "grant select, insert, update"}},
        {{{"SUPABASE_URL", stack.value("HTTP_URL") + "/elsewhere"}}, {"HTTP 404", "SUPABASE_URL"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", stack.value("ANON_KEY")}}, {"row-level security"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_PUBLISHABLE_KEY", stack.value("PUBLISHABLE_KEY")}},
            {"row-level security"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", stack.value("ANON_KEY")},
             {"CONVERSATION_IDS", "c1"}},
            {"row-level security"}},
    };
    std::vector<std::unique_ptr<Subprocess>> programs; // side by side, as one waits five seconds for a schema cache
    for (auto const& one : cases) {
        programs.push_back(start_program({one.command}, with(settings_for(simulator), one.changes)));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        CAPTURE(cases[i].said);
        auto const ended = programs[i]->wait();
        check_fatal(ended, cases[i].said);
        expect_no_secret(ended, with(settings_for(simulator), cases[i].changes));
        CHECK(ended.out.find("Summary") == std::string::npos);
    }
    CHECK(simulator.requests().empty());
    CHECK(row_count() == 0);
}

TEST_CASE("an expired key is known before anything is sent")
{
    Conversations held;
    store_numbered(held, 1);
    Simulator const simulator{held};
    AccessLog const log;
    auto const ended = run_program({"run"}, with(settings_for(simulator), {{"SUPABASE_SERVICE_ROLE_KEY", kOldKey}}));
    check_fatal(ended, {"expired"});
    CHECK(log.entries().empty());
}

TEST_CASE("a token that Freshchat refuses ends the run, whenever it happens, and what was fetched is stored")
{
    auto const ended = run_against({.faults = {{.conversation = "c2", .times = kAlways, .status = 401}}}, 4);
    check_fatal(ended, {"HTTP 401", "FRESHCHAT_TOKEN", "X-Trace-ID"});
    auto const summary = summary_of(ended.out);
    CHECK(summary.conversations == 4);
    CHECK(summary.processed == 2);
    CHECK(summary.not_reached + summary.failed == 2);
    CHECK(summary.not_reached + summary.failed + summary.processed == summary.conversations);
    CHECK(summary.inserted == 2);
    CHECK(row_count() == 2);
}

TEST_CASE("a first conversation that ends in 403, a redirect or HTML is fatal")
{
    auto const [fault, said] = GENERATE(table<Fault, std::string>({
        {Fault{.times = kAlways, .status = 403}, "host shown beside the token"},
        {Fault{.times = kAlways, .kind = FaultKind::redirect}, "redirect"},
        {Fault{.times = kAlways, .kind = FaultKind::html_200}, "a portal"},
    }));
    auto const ended = run_against({.faults = {fault}});
    check_fatal(ended, {said, "FRESHCHAT_DOMAIN"});
    CHECK(summary_of(ended.out).processed == 0);
    CHECK(ended.out.find("[Backfill] Stopped: 2 conversations not reached\n") != std::string::npos);
}

TEST_CASE("the same on a later conversation fails that one only")
{
    Switches switches;
    switches.faults = {{.conversation = "c1", .times = kAlways, .status = 403},
        {.conversation = "c2", .times = kAlways, .kind = FaultKind::redirect},
        {.conversation = "c3", .times = kAlways, .kind = FaultKind::html_200},
        {.conversation = "c4", .times = kAlways, .status = 400}};
    auto const ended = run_against(switches, 8);
    CHECK(ended.code == 3);
    CHECK(lines_of(ended.err).size() == 6);
    CHECK(ended.err.find("[Backfill] Next: 3 conversations refused by Freshchat, or answered by something that is "
                         "no API (1 × HTTP 200, 1 × HTTP 302, 1 × HTTP 403): ")
        != std::string::npos);
    CHECK(summary_of(ended.out).failed == 4);
    CHECK(summary_of(ended.out).inserted == 4);
    CHECK(row_count() == 4);
}

TEST_CASE("Freshchat asking to wait for an hour stops the run at once, and no conversation has failed")
{
    Switches switches;
    switches.faults = {
        {.conversation = "c5", .times = kAlways, .retry_after = RetryAfter::seconds, .wait = std::chrono::hours{1}}};
    auto const ended = run_against(switches, 8);
    CHECK(ended.code == 10);
    CHECK(summary_of(ended.out).failed == 0);
    CHECK(summary_of(ended.out).not_reached == 3);
    CHECK(ended.err.find("run it again after 20") != std::string::npos);
    CHECK(row_count() == 5);
}

TEST_CASE("the first 20 conversations all unknown to Freshchat are fatal, 19 are not")
{
    Conversations held;
    auto const ids = store_numbered(held, 25);
    bool const nineteen = GENERATE(false, true);
    Switches switches;
    for (int i = 0; i < 19; ++i) {
        switches.faults.push_back({.conversation = ids[static_cast<std::size_t>(i)], .times = kAlways, .status = 404});
    }
    if (!nineteen) {
        switches.faults.push_back({.conversation = ids[19], .times = kAlways, .status = 404});
    }
    Simulator const simulator{held, switches};
    auto const ended = run_program({"run"}, settings_for(simulator));
    if (nineteen) {
        CHECK(ended.code == 3);
        CHECK(summary_of(ended.out).failed == 19);
        CHECK(row_count() == 6);
    } else {
        check_fatal(
            ended, {"20", "not found", "FRESHCHAT_DOMAIN", "CONVERSATION_COLUMNS", "CREATED_FROM", "ON_NOT_FOUND"});
        CHECK(simulator.requests().size() == 20 + 3); // and three that asked for another id
        CHECK(summary_of(ended.out).not_reached == 5);
    }
}

TEST_CASE("sides that stay unreachable are fatal after all retries")
{
    Conversations held;
    store_numbered(held, 14);
    Switches down;
    down.faults = {{.times = kAlways, .status = 503, .body = ErrorBody::text}};
    Simulator const always_503{held, down};
    down.faults = {{.times = kAlways, .kind = FaultKind::reset}};
    Simulator const resets{held, down};
    Simulator const good{held};

    // Side by side: each takes its seven to twenty seconds of backoff.
    auto const ten = start_program({"run"}, with(settings_for(always_503), {{"CONCURRENCY", "10"}}));
    auto const reset = start_program({"run"}, with(settings_for(resets), {{"CONCURRENCY", "10"}}));
    auto const refused = start_program({"run"}, with(settings_for(good), {{"FRESHCHAT_DOMAIN", "http://127.0.0.1:1"}}));
    auto const no_supabase = start_program({"run"}, with(settings_for(good), {{"SUPABASE_URL", "http://127.0.0.1:1"}}));
    auto const no_name = start_program({"run"}, with(settings_for(good), {{"FRESHCHAT_DOMAIN", "nowhere.invalid"}}));

    check_fatal(ten->wait(), {"ten conversations in a row", "HTTP 503", "gave up after 4 tries"});
    check_fatal(reset->wait(), {"ten conversations in a row", "gave up after 4 tries"});
    check_fatal(refused->wait(), {"the first conversation failed", "gave up after 4 tries"});
    check_fatal(no_name->wait(), {"the first conversation failed", "FRESHCHAT_DOMAIN"});
    check_fatal(no_supabase->wait(), {"Supabase", "SUPABASE_URL"});
    CHECK(good.requests().empty());
    CHECK(row_count() == 0);
}

TEST_CASE("when the table refuses every row, of five conversations too, the run ends")
{
    Conversations held;
    store_numbered(held, 6);
    Simulator const simulator{held};
    auto const ended = run_program({"run"}, with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_uuid"}}));
    CHECK(ended.code == 1);
    for (auto const* piece : {"22P02", "Message_uuid", "none of the rows tried", "MESSAGE_COLUMNS"}) {
        CHECK(ended.err.find(piece) != std::string::npos);
    }
    CHECK(row_count("Message_uuid") == 0);
}

TEST_CASE("after a run that ended in the middle, what ended it comes last, and nothing else says to run it again")
{
    store_only({"a", "b", "c"});
    Simulator const simulator{Conversations{{"a", messages("a", 2)}, {"b", messages("b", 2)}, {"c", messages("c", 2)}},
        {.faults = {{.conversation = "b", .times = kAlways, .status = 404},
             {.conversation = "c", .times = kAlways, .status = 401}}}};
    auto const ended = run_program({"run"}, settings_for(simulator));
    CHECK(ended.code == 1);
    auto const lines = lines_of(ended.err);
    CAPTURE(ended.err);
    REQUIRE(lines.size() >= 2);
    CHECK(lines[lines.size() - 2].starts_with("[Backfill] Next: 1 conversation not found at Freshchat"));
    CHECK(lines.back().starts_with("[Backfill] Next: Freshchat refused the token: HTTP 401"));
    CHECK(lines.back().ends_with(". When that is fixed, run it again: what is stored stays, and is not stored twice."));
}
