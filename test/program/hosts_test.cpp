// The token and the key go to the host that was named, over TLS that proves it, and nowhere else.

#include "program/tables.hpp"
#include "support/hostile_server.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <thread>

using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

std::string answer(std::string const& status, std::string const& headers, std::string const& body)
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size())
        + "\r\n" + headers + "\r\n" + body;
}

Environment named(Environment const& settings, HostileServer const& server, std::string const& scheme)
{
    auto const address = scheme + "://localhost:" + std::to_string(server.port());
    return with(settings, {{"FRESHCHAT_DOMAIN", address}});
}

} // namespace

TEST_CASE("a Freshchat host that proves nothing is refused, and the token is not sent")
{
    ThrowawayCa const ca;
    ThrowawayCa const unknown_ca;
    struct Case {
        Identity identity;
        std::string why;
        std::chrono::milliseconds delay = 0ms;
        int highest_version = TLS1_3_VERSION;
    };
    std::vector<Case> const cases{{unknown_ca.issue(), "unable to get local issuer certificate"},
        {ca.issue({.valid_from = -2h, .valid_to = -1h}), "certificate has expired"},
        {self_signed(), "self-signed certificate"}, {ca.issue({.names = "DNS:other.example"}), "hostname mismatch"},
        {ca.issue({.names = "DNS:other.example"}), "hostname mismatch", 150ms}, {ca.issue(), "", 0ms, TLS1_1_VERSION},
        {ca.issue(), "", 0ms, TLS1_VERSION}};
    store_only({"c"});
    Simulator const unused{Conversations{}};
    for (auto const& bad : cases) {
        CAPTURE(bad.why, bad.delay.count(), bad.highest_version);
        HostileServer const server{[&bad](Peer& peer) {
            std::this_thread::sleep_for(bad.delay);
            if (peer.shake_hands(bad.identity, bad.highest_version)) {
                always(answer("200 OK", "", R"({"messages":[]})"))(peer);
            }
        }};
        auto const run =
            run_program({"run"}, with(named(settings_for(unused), server, "https"), {{"CA_FILE", ca.file()}}));
        CAPTURE(run.err);
        CHECK(run.code == 1);
        CHECK(run.err.find(bad.why) != std::string::npos);
        CHECK(run.err.find("TLS") != std::string::npos);
        server.wait_for_ended_scripts(1);
        CHECK(server.connections() >= 1);
        CHECK(server.requests().empty());
    }
}

TEST_CASE("links and redirects to another host are not followed")
{
    HostileServer const other{always(answer("200 OK", "", R"({"messages":[]})"))};
    auto const elsewhere = "http://localhost:" + std::to_string(other.port()) + "/v2/conversations/c/messages?page=2";
    std::string const page =
        R"({"messages":[{"id":"m1","actor_type":"user","created_time":"2025-06-01T00:00:00Z","message_parts":[]}],"link":{"href":")"
        + elsewhere + R"(","rel":"next_page"}})";
    auto const [text, code] = GENERATE_COPY(table<std::string, int>(
        {{answer("200 OK", "", page), 0}, {answer("302 Found", "Location: " + elsewhere + "\r\n", ""), 1},
            {answer("307 Temporary Redirect", "Location: " + elsewhere + "\r\n", ""), 1}}));
    store_only({"c"});
    Simulator const unused{Conversations{}};
    HostileServer const server{always(text)};
    auto const run = run_program({"run"}, named(settings_for(unused), server, "http"));
    CAPTURE(run.err);
    CHECK(run.code == code);
    CHECK_FALSE(server.requests().empty());
    CHECK(server.requests().front().find("Bearer") != std::string::npos);
    CHECK(other.connections() == 0);
}

TEST_CASE("a redirect of Supabase is not followed")
{
    HostileServer const other{always(answer("200 OK", "", "[]"))};
    HostileServer const server{always(answer("301 Moved Permanently",
        "Location: http://localhost:" + std::to_string(other.port()) + "/rest/v1/Conversation\r\n", ""))};
    Simulator const unused{Conversations{}};
    auto const run = run_program(
        {"run"}, with(settings_for(unused), {{"SUPABASE_URL", "http://localhost:" + std::to_string(server.port())}}));
    CHECK(run.code == 1);
    CHECK_FALSE(server.requests().empty());
    CHECK(other.connections() == 0);
}
