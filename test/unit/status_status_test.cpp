// status: what it says of the tables, to people and to programs, once and again and again.

#include "support/fake_supabase.hpp"
#include "support/instant_clock.hpp"
#include "support/scripted_transport.hpp"
#include "support/settings_input.hpp"
#include "support/supabase_side.hpp"

#include "app/settings/settings.hpp"
#include "app/status/status.hpp"

#include <catch2/catch.hpp>

#include <stop_token>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

constexpr auto kTime = "2025-07-10T19:47:55Z";

supabase::TableFacts some_facts()
{
    supabase::TableFacts facts;
    facts.messages = 6738;
    facts.conversations = 700;
    facts.conversations_without_messages = 2;
    facts.without_messages = {"empty-1", "e\"\x1B[31m\u202E2"};
    facts.oldest = "2025-01-01T00:00:00Z";
    facts.newest = "2025-06-30T12:00:00.5Z";
    facts.smallest = {"conv_s", 1};
    facts.largest = {"conv_l", 300};
    return facts;
}

/// show_status against two conversations, one with two messages, with its lines kept.
struct Bench {
    Bench()
    {
        settings.command = Command::status;
        settings.supabase_key = Secret{FakeSupabase::service_key()};
        settings.conversations = "Conversation";
        settings.messages = layout_of("Message");
        supabase.tables().at("Conversation").rows = {{"c", {{"id", "c"}}}, {"d", {{"id", "d"}}}};
        for (auto const* id : {"m1", "m2"}) {
            supabase.tables().at("Message").rows[id] = {
                {"id", id}, {"conversationid", "c"}, {"created_time", "2025-01-01T00:00:00+00:00"}};
        }
    }

    Ending show() { return show_status(settings, connections, clock, log, screen, stop.get_token()); }

    FakeSupabase supabase;
    bool is_down = false;
    std::optional<http::Reply> instead;
    Script script{[this](http::Request const& request) -> http::Outcome {
        return is_down ? http::Outcome{reply(503, "{}")} : instead ? *instead : supabase.answer(request);
    }};
    Settings settings;
    Connections connections{nullptr, [this] { return script.transport(); }};
    InstantClock clock;
    std::vector<std::string> out;
    std::vector<std::string> notes;
    Log log{[this](Event const& event) { out.push_back(event.text); },
        [this](Event const& event) { notes.push_back(event.text); }};
    Screen screen;
    std::stop_source stop;
};

} // namespace

TEST_CASE("the status for people names every number, and ids cannot steer their terminal")
{
    Settings settings;
    CHECK(status_text(some_facts(), settings, kTime) == R"(=== Status at 2025-07-10T19:47:55Z ===
Messages:                  6738
Conversations:             700
  with messages:           698
  without messages:        2
Oldest message:            2025-01-01T00:00:00Z
Newest message:            2025-06-30T12:00:00.5Z
Smallest conversation:     1 message, conv_s
Largest conversation:      300 messages, conv_l)");
    settings.list = true;
    CHECK(status_text(some_facts(), settings, kTime).ends_with(R"(conv_l

Conversations without messages:
empty-1
e"\x1B[31m\u{202E}2)"));
}

TEST_CASE("the status for programs always has the same keys, and ids are exact")
{
    Settings settings;
    CHECK(status_json(some_facts(), settings, kTime)
        == R"({"time":"2025-07-10T19:47:55Z","messages":6738,"conversations":700,"conversations_with_messages":698,)"
           R"("conversations_without_messages":2,"oldest":"2025-01-01T00:00:00Z","newest":"2025-06-30T12:00:00.5Z",)"
           R"("smallest":{"conversation":"conv_s","messages":1},"largest":{"conversation":"conv_l","messages":300}})");
    CHECK(status_json({}, settings, kTime)
        == R"({"time":"2025-07-10T19:47:55Z","messages":0,"conversations":0,"conversations_with_messages":0,)"
           R"("conversations_without_messages":0,"oldest":null,"newest":null,"smallest":null,"largest":null})");
    settings.list = true;
    CHECK(status_json(some_facts(), settings, kTime)
              .ends_with(R"("without_messages":["empty-1","e\"\u001b[31m\u202e2"]})"));
}

TEST_CASE("watching prints after each interval until a stop, in lines or on a screen of its own")
{
    Bench bench;
    bench.settings.watch = std::chrono::seconds{30};
    bench.screen.rewrites = GENERATE(false, true);
    bench.settings.json = GENERATE(false, true);
    bench.clock.on_nap([&](Clock::Duration) {
        if (bench.out.size() == 3) {
            bench.stop.request_stop();
        }
    });
    CHECK(bench.show() == Ending::stopped);
    REQUIRE(bench.out.size() == 3);
    CHECK(bench.clock.naps() == std::vector<Clock::Duration>(3, std::chrono::seconds{30}));
    bool const rewritten = bench.screen.rewrites && !bench.settings.json;
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(bench.out[i].starts_with(bench.settings.json ? "{"
                : rewritten                                ? "\x1B[H\x1B[2J==="
                : i == 0                                   ? "==="
                                                           : "\n==="));
    }
    CHECK(bench.notes.empty());
}

TEST_CASE("watching ends when nobody reads any more")
{
    Bench bench;
    bench.settings.watch = std::chrono::seconds{30};
    bench.screen.is_gone = [&] { return bench.out.size() == 2; };
    CHECK(bench.show() == Ending::complete);
    CHECK(bench.out.size() == 2);
}

TEST_CASE("a fault that may pass ends the first look, and later ones only until the next")
{
    Bench bench;
    bool const from_the_start = GENERATE(false, true);
    bench.is_down = from_the_start;
    bench.settings.watch = std::chrono::minutes{10};
    bench.clock.on_nap([&](Clock::Duration nap) {
        if (nap == std::chrono::minutes{10}) {
            bench.is_down = bench.notes.empty();
            if (bench.out.size() == 2) {
                bench.stop.request_stop();
            }
        }
    });
    auto const ending = bench.show();
    if (from_the_start) {
        CHECK(ending == Ending::fatal);
        CHECK(bench.notes
            == std::vector<std::string>{"[Backfill] Fatal: Supabase, table Message: HTTP 503 (gave up after "
                                        "6 tries). Check SUPABASE_URL and that the project is up."});
        CHECK(bench.out.empty());
    } else {
        CHECK(ending == Ending::stopped);
        CHECK(bench.notes
            == std::vector<std::string>{"[Backfill] Warning: Supabase, table Message: HTTP 503 (gave up "
                                        "after 6 tries). The next look follows."});
        CHECK(bench.out.size() == 2);
    }
}

TEST_CASE("a watch outlives a refused key and an answer that is none")
{
    Bench bench;
    bench.settings.watch = std::chrono::minutes{10};
    auto const answer = GENERATE(http::Reply{401, {}, R"({"code":"PGRST301","message":"No suitable key"})"},
        http::Reply{200, {{"Content-Type", "text/html"}}, "<html>"});
    bench.clock.on_nap([&](Clock::Duration nap) {
        if (nap == std::chrono::minutes{10}) {
            bench.instead = bench.notes.empty() ? std::optional{answer} : std::nullopt;
        }
        if (bench.out.size() == 2) {
            bench.stop.request_stop();
        }
    });
    CHECK(bench.show() == Ending::stopped);
    CAPTURE(bench.notes);
    REQUIRE(bench.notes.size() == 1);
    CHECK(bench.notes[0].ends_with(". The next look follows."));
    CHECK(bench.notes[0].find("..") == std::string::npos);
}

TEST_CASE("the time column decides whether there is an oldest and a newest message")
{
    Bench bench;
    bench.settings.json = true;
    CHECK(bench.show() == Ending::complete);
    CHECK(bench.out.back().find(R"("oldest":"2025-01-01T00:00:00Z","newest":"2025-01-01T00:00:00Z")")
        != std::string::npos);
    auto& messages = bench.supabase.tables().at("Message");
    messages.columns["created_time"].type = FakeColumn::Type::text; // which holds anything
    messages.rows["m2"]["created_time"] = "yesterday";
    CHECK(bench.show() == Ending::complete);
    CHECK(bench.out.back().find(R"("newest":"yesterday")") != std::string::npos);
    bench.settings.messages.columns = {{"id", "id"}, {"conversationid", "conversationid"}};
    CHECK(bench.show() == Ending::complete);
    CHECK(bench.out.back().find(R"("oldest":null,"newest":null)") != std::string::npos);
}

TEST_CASE("status needs no Freshchat, and does not look at what chooses conversations")
{
    Variables const variables{{"SUPABASE_URL", "https://abc.supabase.co"}, {"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_x"},
        {"CONVERSATIONS_FILE", "/does/not/exist"}, {"FROM_REJECTS", "/does/not/exist"}};
    auto const s = *parse({"status", "--json", "--list", "--watch=30"}, variables).settings;
    CHECK(s.command == Command::status);
    CHECK(s.json);
    CHECK(s.list);
    CHECK(s.watch == std::chrono::seconds{30});
    CHECK_FALSE(s.selection.only);
    CHECK(refusal({"status", "--limit=5"}, variables) == "--limit is not an option of status; see --help");
    CHECK(refusal({"status", "--watch=0"}, variables)
        == "--watch=0: must be a time such as 90s, 15m or 2h, from 1s to 24h");
    CHECK(refusal({"run", "--watch=5"}, kRequired) == "--watch is not an option of run; see --help");
    CHECK(refusal({"doctor", "--list"}, kRequired) == "--list is not an option of doctor; see --help");
    CHECK(parse({"run"}, with(kRequired, {{"WATCH_INTERVAL", "x"}, {"JSON_OUTPUT", "1"}})).settings->json == false);
}
