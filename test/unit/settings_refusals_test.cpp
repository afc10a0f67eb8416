// What is refused, and that the line names the culprit and shows no secret.

#include "support/settings_input.hpp"
#include "support/supabase_side.hpp"

#include <catch2/catch.hpp>

using namespace backfill::test;

namespace {

using Words = std::vector<std::string>;

/// The line names it, and holds nothing of "hunter2".
void check_refused(Words const& arguments, Variables const& changes, Words const& said, Variables const& files = {})
{
    auto const line = refusal(arguments, with(kRequired, changes), files);
    CAPTURE(arguments, changes, line);
    for (auto const& piece : said) {
        CHECK(line.find(piece) != std::string::npos);
    }
    CHECK(line != "accepted");
    CHECK(line.find("hunter2") == std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
}

} // namespace

TEST_CASE("words that are no choice, dates that do not exist and columns that cannot be are refused")
{
    auto const [name, value] = GENERATE(table<std::string, std::string>({{"PACE", "brisk"}, {"PACE", "fast"},
        {"ON_CONFLICT", "replace"}, {"ON_NOT_FOUND", "maybe"}, {"VERBOSE_LOG", "2"}, {"ALLOW_HTTP", "maybe"},
        {"CREATED_FROM", "yesterday"}, {"CREATED_FROM", "2025-13-01"}, {"CREATED_FROM", "2025-02-30"},
        {"CREATED_FROM", "2025-7-1"}, {"CREATED_TO", "10.07.2025"}, {"CREATED_TO", "2025-07-10T25:00:00Z"},
        {"CREATED_TO", "20250710"}, {"MESSAGE_COLUMNS", "id"}, {"MESSAGE_COLUMNS", "conversationid"},
        {"MESSAGE_COLUMNS", "id,conversationid,=x"}, {"MESSAGE_COLUMNS", "id,conversationid,actor_type="},
        {"MESSAGE_COLUMNS", "id,conversationid=id"}, {"CONVERSATIONS_FILE", "/does/not/exist"},
        {"CA_FILE", "/does/not/exist"}, {"CONVERSATION_IDS", ","}, {"CONVERSATION_COLUMNS", "created_time"},
        {"CONVERSATION_COLUMNS", "id,id=other"}, {"CONVERSATION_COLUMNS", "id,userid"}, {"CONVERSATION_COLUMNS", "id="},
        {"MESSAGE_KEY", "conversationid"}, {"MESSAGE_KEY", "id,nr"}}));
    check_refused({"run"}, {{name, value}}, {name + "=" + value});
    check_refused(
        {"run"}, {{"CONVERSATION_COLUMNS", "id"}, {"CREATED_TO", "2025-07-10"}}, {"CREATED_TO", "created_time"});
    check_refused(
        {"run", "--created-from=2025-07-11", "--created-to=2025-07-10"}, {}, {"--created-to", "CREATED_FROM"});
}

TEST_CASE("a CA file that holds no PEM certificate is refused before anything is sent")
{
    auto const content = GENERATE(as<std::string>{}, "", "\x30\x82\x03", "-----BEGIN PRIVATE KEY-----\n");
    check_refused({"run"}, {{"CA_FILE", "f"}}, {"CA_FILE=f: ", "BEGIN CERTIFICATE"}, {{"f", content}});
}

TEST_CASE("a command line that is not exactly right is refused")
{
    for (auto const& arguments :
        std::vector<Words>{{"RUN"}, {"run", "run"}, {"--batch-size=5"}, {"run", "--batch-siz=5"}, {"run", "--verb"},
            {"run", "--Batch-Size=5"}, {"run", "-x"}, {"run", "-vx"}, {"run", "--verbose=1"},
            {"run", "--conversation-id="}, {"run", "--conversation-id"}, {"run", "--freshchat-token=hunter2"},
            {"run", "--freshchat-token", "hunter2"}, {"run", "--supabase-service-role-key=hunter2"},
            {"run", "--batch-size", "-1"}, {"run", "--batch-size=5", "--batch-size=5"}}) {
        check_refused(arguments, {}, {}, {{"f", ""}});
    }
}

TEST_CASE("a required setting that is blank or nothing but quotes is named")
{
    auto const name =
        GENERATE(as<std::string>{}, "FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY");
    for (auto const* value : {"", "   ", "\"\"", "' '"}) {
        check_refused({"run"}, {{name, value}}, {name, "not set"});
    }
    check_refused({"run"}, {{"FRESHCHAT_TOKEN", "Bearer "}}, {"FRESHCHAT_TOKEN"});
}

TEST_CASE("a secret is refused without being shown when it cannot be one, or is given twice")
{
    auto const name = GENERATE(as<std::string>{}, "FRESHCHAT_TOKEN", "SUPABASE_SERVICE_ROLE_KEY");
    for (auto const* value : {"hunter2\nx", "hunter2\rx", "hunter2\x01x", "hunter2\x7Fx"}) {
        check_refused({"run"}, {{name, value}}, {name, "control character"});
    }
    check_refused({"run"}, {{name + "_FILE", "f"}}, {name, name + "_FILE", "both"}, {{"f", "hunter2\n"}});
    check_refused({"run"}, {{name, ""}, {name + "_FILE", "f"}}, {name + "_FILE", "control character"},
        {{"f", "hunter2\nhunter2\n"}});
    check_refused(
        {"run", "--env-file=f"}, {}, {"--env-file=", "line 2"}, {{"f", "BATCH_SIZE=5\nFRESHCHAT_DOMAIN hunter2\n"}});
}

TEST_CASE("a host that cannot be one, plain http to another machine, and credentials in a URL are refused")
{
    auto const name = GENERATE(as<std::string>{}, "FRESHCHAT_DOMAIN", "SUPABASE_URL", "PUSHGATEWAY_URL");
    for (auto const* value : {"http://acme.example.com", "http://10.0.0.1", "https://user:hunter2@acme.example.com",
             "user:hunter2@acme.example.com", "ftp://acme.example.com", "acme example.com", "https://",
             "acme.example.com:99999", "acme.example.com:0", "acme.example.com:port", "acme.example.com?x=hunter2",
             "acme.example.com#x", "acme\\example", "https://[::1", "ac\nme.example.com", "acme..example.com"}) {
        check_refused({"run"}, {{name, value}}, {name});
    }
}

TEST_CASE("tokens and keys have the letters of RFC 6750, and what was pasted around them is taken away")
{
    auto const name = GENERATE(as<std::string>{}, "FRESHCHAT_TOKEN", "SUPABASE_SECRET_KEY");
    for (auto const* value : {"hunter2 x", "hunter2;", "hunter2\\x", "\xE2\x80\x9Chunter2\xE2\x80\x9D",
             "hunter2\xE2\x80\x8B", "hunt'er2", "$hunter2", "${hunter2}", "hunter2 # of the app"}) {
        check_refused({"run"}, {{name, value}}, {name + " "});
    }
    check_refused({"run"}, {{name, "hunter2 # x"}}, {name + " holds a blank at character 8", "docker"});
    check_refused({"run"}, {{name, "\"hunter2"}}, {name + " holds a quote that nothing closes at character 1;"});
    check_refused(
        {"run"}, {{name, "'hunter2' # x"}}, {name + " holds quotes that Docker keeps at character 1;", "docker"});
    check_refused({"run"}, {{name, "hunter2\xE2\x80\xA6"}}, {name + " holds an ellipsis (README's placeholder?) at"});
    check_refused({"run"}, {{name, "${hunter}"}}, {"docker's --env-file expands no ${NAME}"});
    for (auto const* host : {"FRESHCHAT_DOMAIN", "SUPABASE_URL", "PUSHGATEWAY_URL"}) {
        check_refused({"run"}, {{host, "${hunter}"}}, {host, "docker's --env-file expands no ${NAME}"});
        check_refused({"run"}, {{host, "https://${X}.example"}}, {host, "docker's --env-file expands no ${NAME}"});
    }
    for (auto const* value : {"sb_secret_x\\n", " 'sb_secret_x\\r\\n' ", "\"sb_secret_x\n\"", "\\nsb_secret_x"}) {
        CHECK(parse({"run"}, with(kRequired, {{"SUPABASE_SECRET_KEY", value}})).settings->supabase_key.reveal()
            == "sb_secret_x");
    }
    CHECK(parse({"run"}, with(kRequired, {{"FRESHCHAT_TOKEN", "Bearer aZ09-._~+/=\\n"}}))
              .settings->freshchat_token.reveal()
        == "aZ09-._~+/=");
}

TEST_CASE("a secret in the other's place goes to neither")
{
    for (auto const& value : {std::string{"sb_secret_hunter2"}, std::string{"sb_publishable_hunter2"},
             jwt(R"({"role":"anon"})"), jwt(R"({"role":"service_role"})"), jwt(R"({"role":"authenticated"})")}) {
        check_refused({"run"}, {{"FRESHCHAT_TOKEN", value}}, {"FRESHCHAT_TOKEN holds a Supabase key"});
    }
    CHECK(refusal({"run"}, with(kRequired, {{"FRESHCHAT_TOKEN", jwt(R"({"sub":"x"})")}})) == "accepted");
    check_refused({"run"}, {{"SUPABASE_SECRET_KEY", jwt(R"({"sub":"x"})")}},
        {"SUPABASE_SECRET_KEY holds a token without a role"});
}

TEST_CASE("addresses of another kind are refused with the right form")
{
    auto const [name, value, form] = GENERATE(table<std::string, std::string, std::string>({
        {"FRESHCHAT_DOMAIN", "acme.freshdesk.com", "acme.freshchat.com"},
        {"FRESHCHAT_DOMAIN", "https://Acme.FreshDesk.com/a/tickets", "acme.freshchat.com"},
        {"FRESHCHAT_DOMAIN", "https://acme.freshchat.com/v2/conversations", "https://acme.freshchat.com"},
        {"FRESHCHAT_DOMAIN", "https://proxy.example/chat/v2/conversations/1/messages", "https://proxy.example/chat"},
        {"SUPABASE_URL", "https://supabase.com/dashboard/project/abcd", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://supabase.com/dashboard/project/abcd/settings/api", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "app.supabase.com/project/abcd", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://supabase.com/dashboard", "the project URL"},
        {"SUPABASE_URL", "https://abcd.supabase.co/auth/v1", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://abcd.supabase.co/storage/v1/object", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://abcd.supabase.co/rest/v1/Conversation", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://own.example/sub/rest/v1/Conversation", "https://own.example/sub"},
        {"SUPABASE_URL", "db.abcd.supabase.co", "that is the database; give the project URL: https://abcd.supabase.co"},
        {"SUPABASE_URL", "postgresql://postgres:hunter2@db.abcd.supabase.co:5432/postgres", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "postgres://postgres:hunter2/@x@db.abcd.supabase.co/postgres", "https://abcd.supabase.co"},
        {"SUPABASE_URL", "postgresql://postgres.abcd:hunter2@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            "https://abcd.supabase.co"},
        {"SUPABASE_URL", "postgresql://postgres.abcd@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            "https://abcd.supabase.co"},
        {"SUPABASE_URL", "https://aws-0-eu-central-1.pooler.supabase.com", "the database; give the project URL, e.g."},
        {"SUPABASE_URL", "postgresql://u.hunter2:hunter2@127.0.0.1/db", "the database; give the project URL, e.g."},
        {"SUPABASE_URL", "abcdefghij0123456789", "give https://abcdefghij0123456789.supabase.co"},
        {"SUPABASE_URL", "kong:8000", "a name without a dot; give the project URL, e.g. https://abc.supabase.co"},
        {"SUPABASE_URL", "https//abcd.supabase.co", "\"https//\" is no scheme"},
        {"SUPABASE_URL", "HTTPS:/abcd.supabase.co", "\"HTTPS:/\" is no scheme"},
        {"FRESHCHAT_DOMAIN", "https:acme.freshchat.com", "\"https:\" is no scheme"},
        {"FRESHCHAT_DOMAIN", "http//acme.freshchat.com", "\"http//\" is no scheme"},
        {"FRESHCHAT_DOMAIN", "https;//acme.freshchat.com", "\"https;//\" is no scheme"},
        {"FRESHCHAT_DOMAIN", "Acme", "give acme.freshchat.com, the host beside the API token"},
        {"FRESHCHAT_DOMAIN", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "give the account's host, e.g. acme.freshchat.com"},
        {"FRESHCHAT_DOMAIN", "acme/v2", "give the account's host, e.g. acme.freshchat.com"},
    }));
    check_refused({"run"}, {{name, value}}, {name + ": ", form});
    for (auto const* good :
        {"acme.freshchat.com", "https://acme.freshchat.com/v2/", "acme.myfreshworks.com", "acme.api.in.freshchat.com",
            "https://proxy.example/chat", "https://proxy.example/v2x", "https://simulator:8080", "localhost",
            "localhost:8080", "10.0.0.1", "[fd00::1]:8080", "https.example", "https-proxy.example", "htp.example/x"}) {
        CHECK(refusal({"run"}, with(kRequired, {{"FRESHCHAT_DOMAIN", good}})) == "accepted");
    }
    for (auto const* good :
        {"https://abcd.supabase.co/", "https://abcd.supabase.co/rest/v1/", "https://own.example/supabase",
            "https://kong:8000", "127.0.0.1:54321", "localhost:54321", "supabase.db.example"}) {
        CHECK(refusal({"run"}, with(kRequired, {{"SUPABASE_URL", good}})) == "accepted");
    }
}

TEST_CASE("times take units wherever they are, and the delays plain milliseconds")
{
    auto const s = *parse({"run", "--rate-limit-delay=2s", "--batch-delay=1500", "--page-delay=250ms",
                              "--request-timeout=1m", "--connect-timeout=7"},
        kRequired)
                        .settings;
    CHECK(s.rate_limit_delay == std::chrono::seconds{2});
    CHECK(s.batch_delay == std::chrono::milliseconds{1500});
    CHECK(s.page_delay == std::chrono::milliseconds{250});
    CHECK(s.supabase_transport.request_timeout == std::chrono::seconds{60});
    CHECK(s.supabase_transport.connect_timeout == std::chrono::seconds{7});
    check_refused({"run", "--rate-limit-delay=2h"}, {},
        {"--rate-limit-delay=2h: must be a time such as 1500ms, 90s, 15m or 2h, from 0 to 1h"});
    check_refused({"run", "--request-timeout=11m"}, {}, {"--request-timeout=11m", "from 1s to 10m"});
}
