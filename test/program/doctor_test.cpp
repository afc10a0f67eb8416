// doctor: what it finds at the real sides, that it goes on after a failed check, and that it writes nothing.

#include "app/settings/settings.hpp"
#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/json.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>
#include <string>

using namespace backfill::test;

namespace {

constexpr auto kExpiredKey =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln";

struct Finding {
    std::string result;
    std::string detail;
    std::string advice;
};

struct Visit {
    Ended ended;
    std::string verdict;
    std::map<std::string, Finding> checks;

    std::string result(std::string const& name) const
    {
        auto const found = checks.find(name);
        return found == checks.end() ? "not made" : found->second.result;
    }
};

/// Settings of the stack over TLS.
Environment secure_settings(Simulator const& simulator)
{
    auto const& stack = Stack::local();
    return with(
        settings_for(simulator), {{"SUPABASE_URL", stack.value("HTTPS_URL")}, {"CA_FILE", stack.value("CA_FILE")}});
}

Visit visit(Environment const& settings, std::vector<std::string> arguments = {})
{
    arguments.insert(arguments.begin(), {"doctor", "--json"});
    Visit visit{run_program(arguments, settings), {}, {}};
    CAPTURE(visit.ended.out, visit.ended.err);
    REQUIRE(lines_of(visit.ended.out).size() == 1);
    auto const json = parsed(visit.ended.out);
    visit.verdict = json->getValue<std::string>("verdict");
    CHECK_FALSE(json->getValue<std::string>("next").empty());
    auto const checks = json->getArray("checks");
    for (unsigned i = 0; i < checks->size(); ++i) {
        auto const check = checks->getObject(i);
        auto const text = [&](std::string const& key) { return check->getValue<std::string>(key); };
        visit.checks[text("name")] = {text("result"), text("detail"), text("advice")};
        CHECK_FALSE(text("detail").empty());
        CHECK(text("advice").empty() == (text("result") == "ok"));
    }
    return visit;
}

Conversations held()
{
    return {{"c1", messages("m", 60)}, {"c2", messages("n", 1)}};
}

void store_two()
{
    store_only({"c1", "c2"});
}

} // namespace

TEST_CASE("where all is well, doctor says so line by line, and writes nothing")
{
    store_two();
    Simulator const simulator{held()};
    AccessLog const log;
    auto const ended = run_program({"doctor"}, secure_settings(simulator));
    CAPTURE(ended.out);
    CHECK(ended.code == 0);
    CHECK(ended.err == "");
    for (auto const* piece : {"✓ settings                complete and valid\n",
             "✓ supabase key            SUPABASE_SERVICE_ROLE_KEY: full access, expires in ",
             "✓ supabase name           localhost is ",
             "✓ supabase connection     TLS, certificate accepted, expires in 29 days\n",
             "✓ conversation table      Conversation can be read and has 2 rows\n",
             "✓ message table           Message and its columns can be read\n",
             "✓ message writing         the right to insert",
             "✓ row cap                 none met: 2 rows came in one answer\n",
             "✓ selection               a run would take 2 conversations\n", "✓ supabase latency        6 answers, ",
             "✓ freshchat connection    plain http, within this machine\n", "✓ freshchat token         accepted\n",
             "✓ freshchat conversation  found: c1\n", "✓ freshchat page size     50 messages a page, as asked for\n",
             "✓ freshchat quota         no limit is declared", "\n\nReady: all "}) {
        CAPTURE(piece);
        CHECK(ended.out.find(piece) != std::string::npos);
    }
    CHECK(posts_with_rows(log.entries()) == 0);
    CHECK(posts(log.entries()) == 1);
    CHECK(simulator.requests().size() == 1);
    CHECK(row_count() == 0);
}

TEST_CASE("the row cap and a declared quota are told")
{
    std::vector<std::string> ids;
    Conversations many;
    for (int i = 0; i < 1100; ++i) {
        ids.push_back("c" + std::to_string(i));
        many[ids.back()] = messages(ids.back(), 1);
    }
    store_only(ids);
    Simulator const simulator{many, {.quota = parse_quota("fixed:400,headers=limit")}};
    auto const found = visit(secure_settings(simulator));
    CHECK(found.verdict == "ready");
    CHECK(found.checks.at("row_cap").detail.starts_with("answers end at 1000 rows"));
    CHECK(found.checks.at("freshchat_quota").detail.find("400") != std::string::npos);
}

TEST_CASE("doctor names what is wrong at one side, and looks at the other all the same")
{
    store_two();
    Simulator const good{held()};
    Simulator const refuses{held(), {.faults = {{.times = kAlways, .status = 401}}}};
    Simulator const other_account{Conversations{{"x", messages("x", 1)}}};
    auto const& stack = Stack::local();
    struct Case {
        Simulator const& simulator;
        Environment changes;
        std::string check;
        std::string result;
        std::vector<std::string> said;
        std::string also_good; ///< a check of the other side
    };
    std::vector<Case> const cases{
        {refuses, {}, "freshchat_token", "failed", {"HTTP 401", "FRESHCHAT_TOKEN"}, "message_writing"},
        {other_account, {}, "freshchat_conversation", "failed", {"c1, c2", "Another account?"}, "message_writing"},
        {good, {{"FRESHCHAT_DOMAIN", "nowhere.invalid"}}, "freshchat_name", "failed", {"nowhere.invalid", "DNS"},
            "message_writing"},
        {good, {{"FRESHCHAT_DOMAIN", "http://127.0.0.1:1"}}, "freshchat_connection", "failed", {"refused"}, "row_cap"},
        {good, {{"SUPABASE_URL", "https://nowhere.invalid"}}, "supabase_name", "failed", {"SUPABASE_URL"},
            "freshchat_token"},
        {good, {{"CA_FILE", ""}}, "supabase_connection", "failed", {"certificate", "CA_FILE"}, "freshchat_token"},
        {good, {{"SUPABASE_SERVICE_ROLE_KEY", kExpiredKey}}, "supabase_key", "failed", {"expired"}, "freshchat_token"},
        {good, {{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_wrong"}}, "conversation_table", "failed", {"HTTP 401", "key"},
            "freshchat_token"},
        {good, {{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", stack.value("ANON_KEY")}}, "supabase_key",
            "warning", {"role anon", "SUPABASE_SERVICE_ROLE_KEY"}, "freshchat_token"},
        {good, {{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", stack.value("ANON_KEY")}},
            "conversation_table", "failed", {"row-level security"}, "freshchat_token"},
        {good, {{"CONVERSATION_TABLE", "Nope"}}, "conversation_table", "failed", {"Nope"}, "message_writing"},
        {good, {{"MESSAGE_TABLE", "Nope"}}, "message_table", "failed", {"Nope"}, "row_cap"},
        {good, {{"MESSAGE_TABLE", "Message_no_key"}}, "message_writing", "failed", {"create unique index"},
            "freshchat_token"},
        {good, {{"MESSAGE_TABLE", "Message_no_insert"}}, "message_writing", "failed", {"grant select, insert"},
            "freshchat_token"},
        {good, {{"CONVERSATION_IDS", "c1,c9"}}, "selection", "warning", {"1 of the chosen not in table Conversation"},
            "freshchat_conversation"},
        {good, {{"CREATED_FROM", "2030-01-01"}}, "selection", "warning", {"CREATED_FROM"}, "freshchat_token"},
    };
    for (auto const& one : cases) {
        auto const settings = with(secure_settings(one.simulator), one.changes);
        auto const found = visit(settings);
        CAPTURE(one.check, found.ended.out);
        CHECK(found.result(one.check) == one.result);
        CHECK(found.ended.code == (found.verdict == "not_ready" ? 1 : 0));
        CHECK((found.verdict == "not_ready" || one.result != "failed"));
        CHECK(found.result(one.also_good) == "ok");
        auto const& finding = found.checks.at(one.check);
        for (auto const& piece : one.said) {
            CAPTURE(piece);
            CHECK((finding.detail + finding.advice).find(piece) != std::string::npos);
        }
        CHECK(found.ended.err == "");
    }
    CHECK(row_count() == 0);
}

TEST_CASE("files that a run would leave are looked at, and not changed")
{
    store_two();
    Simulator const simulator{held()};
    ScratchFile const state{R"({"version": 1, what an earlier run left)"};
    auto const wanted = with(secure_settings(simulator), {{"STATE_FILE", state.path()}});
    auto found = visit(with(wanted, {{"SUMMARY_FILE", "/nonexistent/summary.json"}}));
    CHECK(found.ended.code == 1);
    CHECK(found.result("files") == "failed");
    CHECK(found.checks.at("files").detail.find("SUMMARY_FILE=/nonexistent/summary.json: cannot be written: No such")
        == 0);
    found = visit(wanted);
    CHECK(found.ended.code == 0);
    CHECK(found.result("files") == "warning"); // that it is damaged
    CHECK(content_of(state.path()) == R"({"version": 1, what an earlier run left)");
    found = visit(with(secure_settings(simulator), {{"SUMMARY_FILE", state.path()}}));
    CHECK(found.result("files") == "ok");
    CHECK(visit(secure_settings(simulator)).result("files") == "not made");
}

TEST_CASE("a signal ends doctor while a side does not answer")
{
    store_two();
    Simulator const simulator{held(), {.faults = {{.times = kAlways, .kind = FaultKind::hang}}}};
    auto const program = start_program({"doctor"}, secure_settings(simulator));
    REQUIRE(simulator.wait_for_requests(1));
    program->send(SIGTERM);
    auto const ended = program->wait(std::chrono::seconds{8});
    CHECK(ended.code == 143);
    CHECK(ended.out.find("✓ message writing") != std::string::npos);
}
