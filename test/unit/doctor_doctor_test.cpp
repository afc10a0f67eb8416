// doctor: every check by its name, with what to do about it, and a verdict.

#include "doctor_visits.hpp"

#include "app/doctor/run_time.hpp"
#include "support/secret_url.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

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
    std::string const next =
        "Next, with the same settings: freshchat-backfill run --limit 5, then verify --limit 5, then run.";
    CHECK(verdict_text({fine, fine}) == "\nReady: all 2 checks passed. " + next);
    CHECK(verdict_text({fine, odd}) == "\nReady, but look at 1 of 2 checks. " + next);
    CHECK(verdict_text({fine, odd, bad}) == "\nNot ready: 1 of 3 checks failed. Begin with c d: Mend c.");
    Check const idle{"e", Result::warning, "nothing is there", "Fill e.", true};
    CHECK(verdict_text({odd, idle}) == "\nNothing to do yet: nothing is there. Begin with e: Fill e.");
    CHECK(verdict_text({idle, bad}) == "\nNot ready: 1 of 2 checks failed. Begin with c d: Mend c.");
    CHECK(diagnosis_json({fine}).starts_with(R"({"verdict":"ready","next":"Next, )"));
    CHECK(diagnosis_json({fine, odd}).starts_with(R"({"verdict":"warnings",)"));
    CHECK(diagnosis_json({bad, odd})
        == R"({"verdict":"not_ready","next":"Begin with c d: Mend c.","checks":[)"
           R"({"name":"c_d","result":"failed","detail":"x","advice":"Mend c."},)"
           R"({"name":"b","result":"warning","detail":"x","advice":"Mend b."}]})");
}

TEST_CASE_METHOD(Visits, "where all is well, every check is ok and a handful of calls was made")
{
    CHECK(pay() == Ending::complete);
    CHECK(text().starts_with(R"({"verdict":"ready",)"));
    for (std::string const name : {"settings", "supabase_key", "supabase_name", "supabase_connection",
             "conversation_table", "message_table", "message_writing", "message_columns", "row_cap", "selection",
             "supabase_clock", "supabase_latency", "freshchat_name", "freshchat_connection", "freshchat_token",
             "freshchat_conversation", "freshchat_page_size", "freshchat_quota", "freshchat_latency", "run_time"}) {
        CAPTURE(name);
        CHECK(found(name).starts_with("ok"));
    }
    CHECK(found("supabase_name") == R"(ok","detail":"abc.supabase.co is 192.0.2.1, 2001:db8::1)");
    CHECK(found("supabase_connection") == R"(ok","detail":"TLS, certificate accepted, expires in 90 days)");
    CHECK(found("selection") == R"(ok","detail":"a run would take 4 conversations)");
    CHECK(found("freshchat_page_size") == R"(ok","detail":"50 messages a page, as asked for)");
    CHECK(asked == std::vector<std::string>{"/conversations/c1/messages?page=1&items_per_page=50"});
    CHECK(supabase_requests == 6);
    CHECK(supabase.tables().at("Message").rows.empty());
    CHECK(notes.empty());
}

TEST_CASE_METHOD(Visits, "every check that is not ok says what to do")
{
    settings.warnings = {"something"};
    probes.at("acme.freshchat.com").certificate_expires = kNow + 24h * 3;
    supabase_date = "Thu, 10 Jul 2025 12:01:00 GMT";
    settings.messages.table = "Message_no_key";
    freshchat = [](auto const&) { return reply(404, "{}"); };
    CHECK(pay() == Ending::fatal);
    CHECK(found("settings").starts_with("warning"));
    CHECK(found("freshchat_connection") == R"(warning","detail":"TLS, certificate accepted, expires in 3 days)");
    CHECK(found("supabase_clock") == R"(warning","detail":"60 s ahead of this machine's)");
    CHECK(found("message_writing").starts_with("failed"));
    CHECK(found("freshchat_token").starts_with("ok"));
    CHECK(found("freshchat_conversation").starts_with("failed"));
    CHECK(text().find("c1, c2, c3") != std::string::npos);
    CHECK(asked.size() == 3 + 3); // each for its other id, too
    for (std::string const result : {"warning", "failed"}) {
        for (auto at = text().find(result + R"(","detail")"); at != std::string::npos;
             at = text().find(result + R"(","detail")", at + 1)) {
            auto const advice = text().find(R"("advice":")", at);
            CHECK(text().at(advice + 10) != '"');
        }
    }
}

TEST_CASE_METHOD(Visits, "a side that cannot be reached ends its own checks only")
{
    auto const [host, kind,
        check] = GENERATE(table<std::string, Kind, std::string>({{"abc.supabase.co", Kind::resolve, "supabase_name"},
        {"abc.supabase.co", Kind::tls, "supabase_connection"}, {"acme.freshchat.com", Kind::resolve, "freshchat_name"},
        {"acme.freshchat.com", Kind::timeout, "freshchat_connection"}}));
    auto& probe = probes.at(host);
    probe.failure = {kind, "why"};
    if (kind == Kind::resolve) {
        probe.addresses.clear();
    }
    CHECK(pay() == Ending::fatal);
    CHECK(found(check).starts_with("failed"));
    bool const supabase_is_dark = host == "abc.supabase.co";
    CHECK(found("message_table").empty() == supabase_is_dark);
    CHECK(found("freshchat_token").empty() == !supabase_is_dark);
    // The token is looked at all the same, by a conversation that cannot be there.
    CHECK(asked.size() == (supabase_is_dark ? 1 : 0));
    CHECK((asked.empty() || asked.front().find("00000000-") != std::string::npos));
}

TEST_CASE_METHOD(Visits, "a connection that failed names the address once")
{
    auto& probe = probes.at("acme.freshchat.com");
    probe.failure = {Kind::connect, "acme.freshchat.com: Connection refused"};
    pay();
    CHECK(found("freshchat_connection")
        == R"(failed","detail":"Connection failed: acme.freshchat.com: Connection refused)");
    probe.failure = {Kind::connect, "192.0.2.2:443: Connection refused"};
    pay();
    CHECK(found("freshchat_connection")
        == R"(failed","detail":"acme.freshchat.com: Connection failed: 192.0.2.2:443: Connection refused)");
}

TEST_CASE_METHOD(Visits, "one of anything is told in the singular")
{
    auto& rows = supabase.tables().at("Conversation").rows;
    rows.erase(std::next(rows.begin()), rows.end());
    probes.at("acme.freshchat.com").certificate_expires = kNow + 25h;
    freshchat = [](auto const&) { return messages_page({"m"}); };
    pay();
    CHECK(found("conversation_table") == R"(ok","detail":"Conversation can be read and has 1 row)");
    CHECK(found("row_cap") == R"(ok","detail":"none met: 1 row came in one answer)");
    CHECK(found("selection") == R"(ok","detail":"a run would take 1 conversation)");
    CHECK(found("freshchat_connection") == R"(warning","detail":"TLS, certificate accepted, expires in 1 day)");
    CHECK(found("freshchat_page_size") == R"(ok","detail":"not known: the conversation has only 1 message)");
}

TEST_CASE_METHOD(Visits, "a key that says of itself that it cannot work is not sent anywhere")
{
    settings.supabase_key = Secret{jwt(R"({"role":"service_role","exp":1700000000})")};
    CHECK(pay() == Ending::fatal);
    CHECK(found("supabase_key") == R"(failed","detail":"The Supabase key has expired)");
    CHECK(found("supabase_name").starts_with("ok"));
    CHECK(supabase_requests == 0);
    CHECK(found("freshchat_token").starts_with("ok"));
}

TEST_CASE_METHOD(Visits, "a CA file without certificates is a check that failed")
{
    settings.supabase_transport.ca_file = "broken.pem";
    CHECK(pay() == Ending::fatal);
    CHECK(found("supabase_connection") == R"(failed","detail":"no certificates in the CA file broken.pem)");
    CHECK(found("freshchat_token").starts_with("ok"));
    CHECK(notes.empty());
}

TEST_CASE_METHOD(Visits, "a server that is overloaded is neither asked again nor waited for")
{
    overload = reply(503, "{}", {{"Retry-After", "600"}});
    CHECK(pay() == Ending::fatal);
    CHECK(found("conversation_table").starts_with("failed"));
    CHECK(found("message_table").starts_with("failed"));
    CHECK(supabase_requests == 3);
    CHECK(clock.naps().empty());
}

TEST_CASE_METHOD(Visits, "a key that ends soon is a warning, one that ends late or never is not")
{
    auto const [claims, detail] = GENERATE(table<std::string, std::string>(
        {{R"({"role":"service_role","exp":1753000000})",
             R"(warning","detail":"SUPABASE_SERVICE_ROLE_KEY: full access, expires in 9 days)"},
            {R"({"role":"service_role","exp":4102444800})",
                R"(ok","detail":"SUPABASE_SERVICE_ROLE_KEY: full access, expires in 27202 days)"},
            {R"({"role":"service_role","exp":1e300})",
                R"(ok","detail":"SUPABASE_SERVICE_ROLE_KEY: full access, expires in 83887 days)"},
            {R"({"role":"service_role"})",
                R"(ok","detail":"SUPABASE_SERVICE_ROLE_KEY: full access, does not expire)"}}));
    settings.supabase_key = Secret{jwt(claims)};
    pay();
    CHECK(found("supabase_key") == detail);
}

TEST_CASE_METHOD(Visits, "doctor tells how long a run takes: by the delays, or by the quota")
{
    using namespace std::chrono_literals;
    settings.rate_limit_delay = 1000ms;
    settings.batch_delay = 5000ms;
    settings.batch_size = 50;
    auto const told = [&](std::size_t conversations, std::optional<double> declared = std::nullopt) {
        return run_time(settings, conversations, 200ms, declared).detail;
    };
    CHECK(told(1) == "at least 1 call to Freshchat, one for 50 messages; about 1 s with the delays as they are set");
    CHECK(told(700).ends_with("; about 15 min with the delays as they are set")); // 700 x 1.2 s and 13 x 5 s
    settings.concurrency = 4;
    CHECK(told(700).ends_with("; about 5 min with the delays as they are set"));
    settings.mode = Mode::missing;
    CHECK(told(700).starts_with("up to 700 calls"));

    settings.pace = Pace::adaptive;
    CHECK(told(700).ends_with("; the pace is learned from the first minute on (at 100 a minute: 7 min)"));
    settings.quota.share = 0.5;
    CHECK(told(700, 100.0).ends_with("; about 14 min at 50 a minute"));
    settings.quota.max_per_minute = 400;
    settings.quota.shards = 2;
    CHECK(told(700, 1000.0).ends_with("; about 7 min at 100 a minute"));
}

TEST_CASE_METHOD(Visits, "the URLs of who is told are looked at, and nothing is sent to them")
{
    CHECK(pay() == Ending::complete);
    CHECK(found("healthcheck_name").empty());
    CHECK(found("notify_name").empty());
    settings.notices = {secret_url("https://hc-ping.com/hunter2hunter2"),
        secret_url("https://hooks.example.com/hunter2hunter2"), NotifyOn::failure};
    CHECK(pay() == Ending::complete);
    CHECK(found("healthcheck_name") == R"(ok","detail":"hc-ping.com is 192.0.2.3)");
    CHECK(found("healthcheck_connection") == R"(ok","detail":"TLS, certificate accepted, expires in 90 days)");
    CHECK(found("notify_name").starts_with("ok"));
    CHECK(found("notify_connection").starts_with("ok"));
    CHECK(found("notify_message").empty());
    CHECK(webhook_bodies.empty());
    CHECK(text().find("hunter2") == std::string::npos);
}

TEST_CASE_METHOD(Visits, "nobody to tell is a warning: a run works without")
{
    settings.notices = {secret_url("https://hc-ping.com/hunter2hunter2"),
        secret_url("http://hooks.example.com/hunter2hunter2"), NotifyOn::failure};
    probes.at("hc-ping.com") = {"hc-ping.com", {}, http::TransportError{Kind::resolve, "hc-ping.com: unknown"}, {}};
    CHECK(pay() == Ending::complete);
    CHECK(found("healthcheck_name").starts_with("warning"));
    CHECK(found("notify_connection")
        == R"(warning","detail":"plain http: what is secret in the URL can be read on the way)");
    probes.at("hooks.example.com").failure = http::TransportError{Kind::connect, "refused"};
    CHECK(pay() == Ending::complete);
    CHECK(found("notify_connection").starts_with("warning"));
    settings.notify_test = true; // then it is what doctor was asked for
    CHECK(pay() == Ending::fatal);
    CHECK(found("notify_connection").starts_with("failed"));
    CHECK(found("notify_message").empty());
}

TEST_CASE_METHOD(Visits, "doctor --notify sends a test message, and says what was answered")
{
    settings.notices.webhook = secret_url("https://hooks.example.com/hunter2hunter2");
    settings.notify_test = true;
    CHECK(pay() == Ending::complete);
    CHECK(found("notify_message") == R"(ok","detail":"a test message was sent, and answered with HTTP 200: ok)");
    REQUIRE(webhook_bodies.size() == 1);
    CHECK(webhook_bodies[0].find("this is a test message") != std::string::npos);
    webhook = reply(404, "no_service hunter2hunter2");
    CHECK(pay() == Ending::fatal);
    CHECK(found("notify_message") == R"(failed","detail":"HTTP 404: no_service ***)");
    webhook = http::TransportError{Kind::timeout, "no whole answer within 8000 ms"};
    CHECK(pay() == Ending::fatal);
    CHECK(found("notify_message").starts_with(R"(failed","detail":"Connection timeout: no whole)"));
}
