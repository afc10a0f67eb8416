// doctor: every check by its name, with what to do about it, and a verdict.

#include "support/fake_supabase.hpp"
#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"
#include "support/scripted_transport.hpp"
#include "support/settings_input.hpp"
#include "support/supabase_side.hpp"

#include "app/doctor/doctor.hpp"
#include "app/settings/settings.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

using Result = Check::Result;
using Kind = http::TransportError::Kind;

constexpr auto kNow = std::chrono::sys_days{std::chrono::year{2025} / 7 / 10} + 12h;

std::vector<std::string> ids(std::string const& prefix, int count)
{
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i) {
        list.push_back(prefix + std::to_string(i));
    }
    return list;
}

/// A visit to two sides in memory: four conversations in the table, each with one page of 50 messages at Freshchat.
struct Visits {
    Visits()
    {
        for (auto const* id : {"c1", "c2", "c3", "c4"}) {
            supabase.tables().at("Conversation").rows[id] = {{"id", id}, {"created_time", "2025-01-01T00:00:00+00:00"}};
        }
        settings =
            *parse({"doctor"}, with(kRequired, {{"SUPABASE_SERVICE_ROLE_KEY", FakeSupabase::service_key()}})).settings;
        settings.json = true;
    }

    Ending pay()
    {
        out.clear();
        Script supabase_side{[this](http::Request const& request) {
            auto answer = overload ? *overload : supabase.answer(request);
            answer.headers.emplace_back("Date", supabase_date);
            return answer;
        }};
        Script freshchat_side{[this](http::Request const& request) {
            asked.push_back(request.target);
            return freshchat(request);
        }};
        Instruments const instruments{
            {[&] { return freshchat_side.transport(); }, [&] { return supabase_side.transport(); }},
            [this](http::Endpoint const& endpoint, http::TransportOptions const& options, auto const&) {
                if (options.ca_file == "broken.pem") {
                    throw std::invalid_argument{"no certificates in the CA file broken.pem"};
                }
                return probes.at(endpoint.host);
            },
            [] { return kNow; }};
        auto const ending = diagnose(settings, instruments, clock, log, stop.get_token());
        supabase_requests = supabase_side.request_count();
        return ending;
    }

    /// The result of that check and the beginning of its detail; "" when it was not made.
    std::string found(std::string const& name) const
    {
        auto const begin = text().find(R"({"name":")" + name + R"(","result":")");
        auto const end = text().find(R"(","advice":")", begin);
        return begin == std::string::npos ? ""
                                          : text().substr(begin + name.size() + 21, end - begin - name.size() - 21);
    }

    std::string const& text() const { return out.back(); }

    FakeSupabase supabase;
    std::function<http::Outcome(http::Request const&)> freshchat = [](auto const&) {
        return messages_page(ids("m", 50));
    };
    std::optional<http::Reply> overload; ///< of Supabase, in place of its answers
    std::string supabase_date = "Thu, 10 Jul 2025 12:00:00 GMT";
    std::map<std::string, http::Probe> probes{
        {"abc.supabase.co", {"abc.supabase.co", {"192.0.2.1", "2001:db8::1"}, {}, kNow + 24h * 90}},
        {"acme.freshchat.com", {"acme.freshchat.com", {"192.0.2.2"}, {}, kNow + 24h * 90}}};
    Settings settings;
    InstantClock clock;
    std::vector<std::string> out;
    std::vector<std::string> notes;
    std::vector<std::string> asked;
    std::size_t supabase_requests = 0;
    Log log{[this](Event const& event) { out.push_back(event.text); },
        [this](Event const& event) { notes.push_back(event.text); }};
    std::stop_source stop;
};

} // namespace

TEST_CASE("a check is a line, what to do about it a second one")
{
    CHECK(check_text({"supabase_key", Result::ok, "full access", {}}) == "✓ supabase key            full access");
    CHECK(check_text({"row_cap", Result::warning, "found", "Do this."})
        == "! row cap                 found\n  → Do this.");
    CHECK(check_text({"a_name_that_is_longer_than_the_column", Result::failed, "found", "Do."})
        == "✗ a name that is longer than the column found\n  → Do.");
}

TEST_CASE("the verdict says whether a run can work, and what is next")
{
    Check const fine{"a", Result::ok, "x", {}};
    Check const odd{"b", Result::warning, "x", "Mend b."};
    Check const bad{"c_d", Result::failed, "x", "Mend c."};
    std::string const next = "Next: freshchat-backfill dry-run, which writes nothing; then run.";
    CHECK(verdict_text({fine, fine}) == "\nReady: all 2 checks passed. " + next);
    CHECK(verdict_text({fine, odd}) == "\nReady, but look at 1 of 2 checks. " + next);
    CHECK(verdict_text({fine, odd, bad}) == "\nNot ready: 1 of 3 checks failed. Begin with c d: Mend c.");
    CHECK(diagnosis_json({fine}).starts_with(R"({"verdict":"ready","next":"Next: )"));
    CHECK(diagnosis_json({fine, odd}).starts_with(R"({"verdict":"warnings",)"));
    CHECK(diagnosis_json({bad, odd})
        == R"({"verdict":"not_ready","next":"Begin with c d: Mend c.","checks":[)"
           R"({"name":"c_d","result":"failed","detail":"x","advice":"Mend c."},)"
           R"({"name":"b","result":"warning","detail":"x","advice":"Mend b."}]})");
}

TEST_CASE("where all is well, every check is ok and a handful of calls was made")
{
    Visits visits;
    CHECK(visits.pay() == Ending::complete);
    CHECK(visits.text().starts_with(R"({"verdict":"ready",)"));
    for (std::string const name : {"settings", "supabase_key", "supabase_name", "supabase_connection",
             "conversation_table", "message_table", "message_writing", "row_cap", "selection", "supabase_clock",
             "supabase_latency", "freshchat_name", "freshchat_connection", "freshchat_token", "freshchat_conversation",
             "freshchat_page_size", "freshchat_quota", "freshchat_latency"}) {
        CAPTURE(name);
        CHECK(visits.found(name).starts_with("ok"));
    }
    CHECK(visits.found("supabase_name") == R"(ok","detail":"abc.supabase.co is 192.0.2.1, 2001:db8::1)");
    CHECK(visits.found("supabase_connection") == R"(ok","detail":"TLS, certificate accepted, it ends in 90 days)");
    CHECK(visits.found("selection") == R"(ok","detail":"a run would take 4 conversations)");
    CHECK(visits.found("freshchat_page_size") == R"(ok","detail":"50 messages a page, as asked for)");
    CHECK(visits.asked == std::vector<std::string>{"/conversations/c1/messages?page=1&items_per_page=50"});
    CHECK(visits.supabase_requests == 6);
    CHECK(visits.supabase.tables().at("Message").rows.empty());
    CHECK(visits.notes.empty());
}

TEST_CASE("every check that is not ok says what to do")
{
    Visits visits;
    visits.settings.warnings = {"something"};
    visits.probes.at("acme.freshchat.com").certificate_expires = kNow + 24h * 3;
    visits.supabase_date = "Thu, 10 Jul 2025 12:01:00 GMT";
    visits.settings.messages.table = "Message_no_key";
    visits.freshchat = [](auto const&) { return reply(404, "{}"); };
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("settings").starts_with("warning"));
    CHECK(visits.found("freshchat_connection") == R"(warning","detail":"TLS, certificate accepted, it ends in 3 days)");
    CHECK(visits.found("supabase_clock") == R"(warning","detail":"60 s ahead of this machine's)");
    CHECK(visits.found("message_writing").starts_with("failed"));
    CHECK(visits.found("freshchat_token").starts_with("ok"));
    CHECK(visits.found("freshchat_conversation").starts_with("failed"));
    CHECK(visits.text().find("c1, c2, c3") != std::string::npos);
    CHECK(visits.asked.size() == 3);
    for (std::string const result : {"warning", "failed"}) {
        for (auto at = visits.text().find(result + R"(","detail")"); at != std::string::npos;
             at = visits.text().find(result + R"(","detail")", at + 1)) {
            auto const advice = visits.text().find(R"("advice":")", at);
            CHECK(visits.text().at(advice + 10) != '"');
        }
    }
}

TEST_CASE("a side that cannot be reached ends its own checks only")
{
    Visits visits;
    auto const [host, kind,
        check] = GENERATE(table<std::string, Kind, std::string>({{"abc.supabase.co", Kind::resolve, "supabase_name"},
        {"abc.supabase.co", Kind::tls, "supabase_connection"}, {"acme.freshchat.com", Kind::resolve, "freshchat_name"},
        {"acme.freshchat.com", Kind::timeout, "freshchat_connection"}}));
    auto& probe = visits.probes.at(host);
    probe.failure = {kind, "why"};
    if (kind == Kind::resolve) {
        probe.addresses.clear();
    }
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found(check).starts_with("failed"));
    bool const supabase_is_dark = host == "abc.supabase.co";
    CHECK(visits.found("message_table").empty() == supabase_is_dark);
    CHECK(visits.found("freshchat_token").empty() == !supabase_is_dark);
    // The token is looked at all the same, by a conversation that cannot be there.
    CHECK(visits.asked.size() == (supabase_is_dark ? 1 : 0));
    CHECK((visits.asked.empty() || visits.asked.front().find("00000000-") != std::string::npos));
}

TEST_CASE("a connection that failed names the address once")
{
    Visits visits;
    auto& probe = visits.probes.at("acme.freshchat.com");
    probe.failure = {Kind::connect, "acme.freshchat.com: Connection refused"};
    visits.pay();
    CHECK(visits.found("freshchat_connection")
        == R"(failed","detail":"Connection failed: acme.freshchat.com: Connection refused)");
    probe.failure = {Kind::connect, "192.0.2.2:443: Connection refused"};
    visits.pay();
    CHECK(visits.found("freshchat_connection")
        == R"(failed","detail":"acme.freshchat.com: Connection failed: 192.0.2.2:443: Connection refused)");
}

TEST_CASE("one of anything is told in the singular")
{
    Visits visits;
    auto& rows = visits.supabase.tables().at("Conversation").rows;
    rows.erase(std::next(rows.begin()), rows.end());
    visits.probes.at("acme.freshchat.com").certificate_expires = kNow + 25h;
    visits.freshchat = [](auto const&) { return messages_page({"m"}); };
    visits.pay();
    CHECK(visits.found("conversation_table") == R"(ok","detail":"Conversation can be read and has 1 row)");
    CHECK(visits.found("row_cap") == R"(ok","detail":"none met: 1 row came in one answer)");
    CHECK(visits.found("selection") == R"(ok","detail":"a run would take 1 conversation)");
    CHECK(visits.found("freshchat_connection") == R"(warning","detail":"TLS, certificate accepted, it ends in 1 day)");
    CHECK(visits.found("freshchat_page_size") == R"(ok","detail":"not known: the conversation has only 1 message)");
}

TEST_CASE("a key that says of itself that it cannot work is not sent anywhere")
{
    Visits visits;
    visits.settings.supabase_key = Secret{jwt(R"({"role":"service_role","exp":1700000000})")};
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("supabase_key") == R"(failed","detail":"The Supabase key has expired)");
    CHECK(visits.found("supabase_name").starts_with("ok"));
    CHECK(visits.supabase_requests == 0);
    CHECK(visits.found("freshchat_token").starts_with("ok"));
}

TEST_CASE("a CA file without certificates is a check that failed")
{
    Visits visits;
    visits.settings.supabase_transport.ca_file = "broken.pem";
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("supabase_connection") == R"(failed","detail":"no certificates in the CA file broken.pem)");
    CHECK(visits.found("freshchat_token").starts_with("ok"));
    CHECK(visits.notes.empty());
}

TEST_CASE("a server that is overloaded is neither asked again nor waited for")
{
    Visits visits;
    visits.overload = reply(503, "{}", {{"Retry-After", "600"}});
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("conversation_table").starts_with("failed"));
    CHECK(visits.found("message_table").starts_with("failed"));
    CHECK(visits.supabase_requests == 3);
    CHECK(visits.clock.naps().empty());
}

TEST_CASE("a key that ends soon is a warning, one that ends late or never is not")
{
    Visits visits;
    auto const [claims, found] = GENERATE(table<std::string, std::string>(
        {{R"({"role":"service_role","exp":1753000000})", R"(warning","detail":"full access, it ends in 9 days)"},
            {R"({"role":"service_role","exp":4102444800})", R"(ok","detail":"full access, it ends in 27202 days)"},
            {R"({"role":"service_role","exp":1e300})", R"(ok","detail":"full access, it ends in 83887 days)"},
            {R"({"role":"service_role"})", R"(ok","detail":"full access, without an end)"}}));
    visits.settings.supabase_key = Secret{jwt(claims)};
    visits.pay();
    CHECK(visits.found("supabase_key") == found);
}

TEST_CASE("a key that the server refuses is named once")
{
    Visits visits;
    visits.settings.supabase_key = Secret{"sb_secret_other"};
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("supabase_key").starts_with("ok"));
    CHECK(visits.found("conversation_table").starts_with("failed"));
    CHECK(visits.found("message_table").empty());
    CHECK(visits.supabase_requests == 1);
}

TEST_CASE("an anon key is a warning, and a table that may only look empty a failure")
{
    Visits visits;
    visits.settings.supabase_key = Secret{FakeSupabase::anon_key()};
    CHECK(visits.pay() == Ending::fatal);
    CHECK(visits.found("supabase_key").starts_with("warning"));
    CHECK(visits.found("supabase_key").find("role anon") != std::string::npos);
    CHECK(visits.found("conversation_table").starts_with("failed"));
    CHECK(visits.found("row_cap").empty());
}

TEST_CASE("a table that is empty is a warning, and the token is looked at all the same")
{
    Visits visits;
    visits.settings.conversation_table = "Conversation_empty";
    visits.freshchat = [](auto const&) { return reply(404, "{}"); };
    CHECK(visits.pay() == Ending::complete);
    CHECK(visits.found("conversation_table").starts_with("warning"));
    CHECK(visits.found("freshchat_token").starts_with("ok"));
    CHECK(visits.found("freshchat_conversation").empty());
}

TEST_CASE("what Freshchat answers is told apart")
{
    auto const [status, body, check, result] =
        GENERATE(table<int, std::string, std::string, std::string>({{401, "{}", "freshchat_token", "failed"},
            {403, "{}", "freshchat_token", "failed"}, {429, "{}", "freshchat_conversation", "warning"},
            {503, "{}", "freshchat_conversation", "failed"}, {302, "", "freshchat_conversation", "failed"},
            {200, "<html>", "freshchat_conversation", "failed"}, {200, "{}", "freshchat_conversation", "failed"}}));
    CAPTURE(status, body);
    Visits visits;
    visits.freshchat = [what = reply(status, body, {{"Retry-After", "600"}})](auto const&) { return what; };
    CHECK(visits.pay() == (result == "failed" ? Ending::fatal : Ending::complete));
    CHECK(visits.found(check).starts_with(result));
    CHECK(visits.asked.size() == 1);
    CHECK(visits.clock.naps().empty());
    CHECK(visits.found("freshchat_quota").starts_with("ok"));
}

TEST_CASE("a single conversation that was deleted at Freshchat is passed over")
{
    Visits visits;
    visits.freshchat = [](http::Request const& request) -> http::Outcome {
        return request.target.find("/c1/") != std::string::npos ? http::Outcome{reply(404, "{}")}
                                                                : messages_page(ids("m", 50));
    };
    CHECK(visits.pay() == Ending::complete);
    CHECK(visits.found("freshchat_conversation") == R"(ok","detail":"found: c2)");
    visits.freshchat = [](auto const&) { return reply(404, "{}"); };
    visits.settings.on_not_found = OnNotFound::ignore;
    CHECK(visits.pay() == Ending::complete);
    CHECK(visits.found("freshchat_conversation").starts_with("warning"));
}

TEST_CASE("pages that are shorter than asked for are noticed where another one follows")
{
    Visits visits;
    bool const followed = GENERATE(true, false);
    visits.freshchat = [followed](http::Request const& request) -> http::Outcome {
        auto const is_page = [&](std::string const& number) {
            return request.target.find("page=" + number + "&") != std::string::npos;
        };
        return messages_page(is_page("1") ? ids("m", 20) : is_page("2") && followed ? ids("n", 20) : ids("o", 0));
    };
    CHECK(visits.pay() == Ending::complete);
    CHECK(visits.found("freshchat_page_size")
        == (followed ? R"(ok","detail":"20 messages a page, although 50 were asked for: a run needs more calls)"
                     : R"(ok","detail":"not known: the conversation has only 20 messages)"));
    CHECK(visits.asked.size() == 2);
}

TEST_CASE("a quota that is declared is told, also by a refusal")
{
    Visits visits;
    visits.freshchat = [](auto const&) {
        return reply(404, "{}", {{"X-RateLimit-Limit", "400"}, {"X-RateLimit-Remaining", "397"}});
    };
    visits.pay();
    CHECK(visits.found("freshchat_quota") == R"(ok","detail":"a limit of 400 is declared, 397 calls are left)");
}

TEST_CASE("a token that says when it ends is warned about in time")
{
    Visits visits;
    auto const days = GENERATE(100, 13, -1);
    auto const ends = std::chrono::system_clock::to_time_t(kNow + 24h * days);
    visits.settings.freshchat_token = Secret{jwt(R"({"exp":)" + std::to_string(ends) + "}")};
    visits.pay();
    CHECK(visits.found("freshchat_token")
        == std::string{days == 100 ? "ok" : "warning"} + R"(","detail":"accepted, )"
            + (days < 0 ? "it ended 1 day ago" : "it ends in " + std::to_string(days) + " days"));
    visits.freshchat = [](auto const&) { return reply(401, "{}"); };
    visits.pay();
    CHECK((visits.found("freshchat_token").find("It has expired") != std::string::npos) == (days < 0));
}

TEST_CASE("as text each line comes as soon as it is known, and a stop leaves them there")
{
    Visits visits;
    visits.settings.json = false;
    visits.freshchat = [&](auto const&) -> http::Outcome {
        visits.stop.request_stop();
        return no_reply(Kind::stopped);
    };
    CHECK(visits.pay() == Ending::stopped);
    CHECK(visits.out.front() == "✓ settings                complete and valid");
    CHECK(visits.out.back().starts_with("✓ freshchat connection    TLS"));
}
