// doctor: what keys, tables and Freshchat's answers say.

#include "doctor_visits.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

TEST_CASE_METHOD(Visits, "a key that the server refuses is named once")
{
    settings.supabase_key = Secret{"sb_secret_other"};
    CHECK(pay() == Ending::fatal);
    CHECK(found("supabase_key").starts_with("ok"));
    CHECK(found("conversation_table").starts_with("failed"));
    CHECK(found("message_table").empty());
    CHECK(supabase_requests == 1);
}

TEST_CASE_METHOD(Visits, "an anon key is a warning, and a table that may only look empty a failure")
{
    settings.supabase_key = Secret{FakeSupabase::anon_key()};
    CHECK(pay() == Ending::fatal);
    CHECK(found("supabase_key").starts_with("warning"));
    CHECK(found("supabase_key").find("role anon") != std::string::npos);
    CHECK(found("conversation_table").starts_with("failed"));
    CHECK(found("row_cap").empty());
    CHECK(found("message_writing").starts_with("warning"));
    CHECK(found("message_writing").find("row-level security") != std::string::npos);
    CHECK(text().find("needs a policy for insert: freshchat-backfill schema") != std::string::npos);

    settings.supabase_key = Secret{FakeSupabase::service_key()};
    pay();
    CHECK(found("message_writing").starts_with("ok"));
}

TEST_CASE_METHOD(Visits, "a table that is empty is a warning, and the token is looked at all the same")
{
    settings.conversations = "Conversation_empty";
    auto const answer = GENERATE(reply(404, "{}"), messages_page(ids("m", 1))); // to a made-up id
    freshchat = [answer](auto const&) { return answer; };
    CHECK(pay() == Ending::complete);
    CHECK(found("conversation_table").starts_with("warning"));
    CHECK(found("freshchat_token").starts_with("ok"));
    CHECK(found("freshchat_conversation").empty());
    CHECK(text().starts_with(R"({"verdict":"warnings","next":"Begin with conversation table: Import the)"));

    settings.json = false;
    CHECK(pay() == Ending::complete);
    CHECK(text().find("\nNothing to do yet: Conversation_empty is empty. Begin with conversation table: Import the")
        != std::string::npos);
    CHECK(text().find("Ready") == std::string::npos);
}

TEST_CASE_METHOD(Visits, "settings that choose no conversation leave a run nothing to do")
{
    settings.selection.only = std::vector<ConversationId>{};
    CHECK(pay() == Ending::complete);
    CHECK(found("selection") == R"(warning","detail":"the settings choose no conversation)");
    settings.json = false;
    CHECK(pay() == Ending::complete);
    CHECK(text().find(
              "\nNothing to do yet: the settings choose no conversation. Begin with selection: Check CREATED_FROM")
        != std::string::npos);
}

TEST_CASE_METHOD(Visits, "what Freshchat answers is told apart")
{
    auto const [status, body, check, result] =
        GENERATE(table<int, std::string, std::string, std::string>({{401, "{}", "freshchat_token", "failed"},
            {403, "{}", "freshchat_token", "failed"}, {429, "{}", "freshchat_conversation", "warning"},
            {503, "{}", "freshchat_conversation", "failed"}, {302, "", "freshchat_conversation", "failed"},
            {200, "<html>", "freshchat_conversation", "failed"}, {200, "{}", "freshchat_conversation", "failed"}}));
    CAPTURE(status, body);
    freshchat = [what = reply(status, body, {{"Retry-After", "600"}})](auto const&) { return what; };
    CHECK(pay() == (result == "failed" ? Ending::fatal : Ending::complete));
    CHECK(found(check).starts_with(result));
    CHECK(asked.size() == 1);
    CHECK(clock.naps().empty());
    CHECK(found("freshchat_quota").starts_with("ok"));
}

TEST_CASE_METHOD(Visits, "a single conversation that was deleted at Freshchat is passed over")
{
    freshchat = [](http::Request const& request) -> http::Outcome {
        return request.target.find("/c1/") != std::string::npos ? http::Outcome{reply(404, "{}")}
                                                                : messages_page(ids("m", 50));
    };
    CHECK(pay() == Ending::complete);
    CHECK(found("freshchat_conversation") == R"(ok","detail":"found: c2)");
    freshchat = [](auto const&) { return reply(404, "{}"); };
    settings.on_not_found = OnNotFound::ignore;
    CHECK(pay() == Ending::complete);
    CHECK(found("freshchat_conversation").starts_with("warning"));
}

TEST_CASE_METHOD(Visits, "conversations that Freshchat knows by their other id are found, and what that costs is told")
{
    freshchat = [](http::Request const& request) -> http::Outcome {
        return request.target == "/conversations/c1"           ? reply(200, R"({"conversation_internal_id":71})")
            : request.target.starts_with("/conversations/71/") ? http::Outcome{messages_page(ids("m", 50))}
                                                               : reply(404, "{}");
    };
    CHECK(pay() == Ending::complete);
    CHECK(found("freshchat_conversation")
        == R"(ok","detail":"found: c1, by its other id there: a run needs one more call for each such one)");
    CHECK(asked.size() == 3);
}

TEST_CASE_METHOD(Visits, "pages that are shorter than asked for are noticed where another one follows")
{
    bool const followed = GENERATE(true, false);
    freshchat = [followed](http::Request const& request) -> http::Outcome {
        auto const is_page = [&](std::string const& number) {
            return request.target.find("page=" + number + "&") != std::string::npos;
        };
        return messages_page(is_page("1") ? ids("m", 20) : is_page("2") && followed ? ids("n", 20) : ids("o", 0));
    };
    CHECK(pay() == Ending::complete);
    CHECK(found("freshchat_page_size")
        == (followed ? R"(ok","detail":"20 messages a page, although 50 were asked for: a run needs more calls)"
                     : R"(ok","detail":"not known: the conversation has only 20 messages)"));
    CHECK(asked.size() == 2);
}

TEST_CASE_METHOD(Visits, "a quota that is declared is told, also by a refusal")
{
    freshchat = [](auto const&) {
        return reply(404, "{}", {{"X-RateLimit-Limit", "400"}, {"X-RateLimit-Remaining", "397"}});
    };
    pay();
    CHECK(found("freshchat_quota") == R"(ok","detail":"a limit of 400 is declared, 397 calls left)");
}

TEST_CASE_METHOD(Visits, "a token that says when it ends is warned about in time")
{
    auto const days = GENERATE(100, 13, -1);
    auto const ends = std::chrono::system_clock::to_time_t(kNow + 24h * days);
    settings.freshchat_token = Secret{jwt(R"({"exp":)" + std::to_string(ends) + "}")};
    pay();
    CHECK(found("freshchat_token")
        == std::string{days == 100 ? "ok" : "warning"} + R"(","detail":"accepted, )"
            + (days < 0 ? "expired 1 day ago" : "expires in " + std::to_string(days) + " days"));
    freshchat = [](auto const&) { return reply(401, "{}"); };
    pay();
    CHECK((found("freshchat_token").find("It has expired") != std::string::npos) == (days < 0));
}

TEST_CASE_METHOD(Visits, "as text each line comes as soon as it is known, and a stop leaves them there")
{
    settings.json = false;
    freshchat = [&](auto const&) -> http::Outcome {
        stop.request_stop();
        return no_reply(Kind::stopped);
    };
    CHECK(pay() == Ending::stopped);
    CHECK(out.front() == "✓ settings                complete and valid");
    CHECK(out.back().starts_with("✓ freshchat connection    TLS"));
}

TEST_CASE_METHOD(
    Visits, "a list whose order takes the database long is a warning that has the index, by the settings' names")
{
    auto const slow = GENERATE(as<std::string>{}, "", "&limit=1000", "&limit=1"); // no index, a slow way, neither
    auto& rows = supabase.tables().at("Conversation").rows;
    for (int i = 0; i < 1001; ++i) {
        auto const id = "x" + std::to_string(i);
        rows[id] = {{"id", id}, {"created_time", "2025-01-01T00:00:00+00:00"}};
    }
    settings.schema = "crm";
    bool begins_with_times = false; // as the list does, which may make the difference
    on_request = [&](http::Request const& request) {
        bool const in_order = request.target.find("&order=created_time.asc,id.asc") != std::string::npos;
        begins_with_times |= in_order && request.target.find("created_time=not.is.null") != std::string::npos;
        bool const is_slow = slow.empty() || request.target.find(slow + "&") != std::string::npos;
        clock.advance(in_order && is_slow ? 300ms : 10ms);
    };
    CHECK(pay() == Ending::complete);
    CHECK(begins_with_times);
    CHECK(found("conversation_index").starts_with(slow.empty() ? "warning" : "ok"));
    auto const sql =
        R"(create index if not exists \"Conversation_created_time_id_idx\" on crm.\"Conversation\" (created_time, id);)";
    CHECK((text().find(sql) != std::string::npos) == slow.empty());
}

TEST_CASE_METHOD(Visits, "a list of a page or two needs no index")
{
    on_request = [&](auto const&) { clock.advance(300ms); };
    CHECK(pay() == Ending::complete);
    CHECK(found("conversation_index").empty());
}
