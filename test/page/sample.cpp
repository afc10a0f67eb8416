// Writes report pages of made-up runs into the folder that is named, for test/page/check.mjs: one with everything on it
// (hostile.html: ids that try to be markup), one of a stopped run, a single conversation, a very large run, and
// nothing.

#include "app/page/page.hpp"
#include "app/settings/settings.hpp"
#include "support/instant_clock.hpp"

#include <cmath>
#include <fstream>
#include <iostream>
#include <random>
#include <variant>

using namespace backfill;
using namespace backfill::app;
using namespace std::chrono_literals;

namespace {

constexpr Day kToday = 20'646; // 2026-07-12

/// A run that never was: its course is drawn by a fixed seed.
class MadeUpRun {
public:
    MadeUpRun()
    {
        settings.freshchat.host = "acme.freshchat.com";
        settings.supabase.host = "abcdefghijkl.supabase.co";
        settings.conversations = "Conversation";
        settings.messages.table = "Message";
    }

    void conversations(std::size_t count, double messages_each, Day days_back, double stored_share)
    {
        found(facts.snapshot().conversations.taken + count);
        std::lognormal_distribution<double> sizes{std::log(messages_each), 1.0};
        for (std::size_t i = 0; i < count; ++i) {
            auto const size = static_cast<std::size_t>(sizes(random_));
            MessageCounts counts;
            auto const begin = kToday - static_cast<Day>(std::pow(share(), 1.7) * days_back);
            for (std::size_t m = 0; m < size; ++m) {
                auto const day = std::min(begin + static_cast<Day>(m / 8), kToday);
                bool const stored = share() < stored_share * (day < kToday - days_back / 3 ? 1 : 0.15);
                ++(stored ? counts.stored : counts.fresh);
                seen(day, stored ? RunHistory::Messages{.stored = 1} : RunHistory::Messages{.fresh = 1});
            }
            counts.excluded = size / 8;
            counts.fetched = counts.fresh + counts.stored + counts.excluded;
            facts.conversation_done("c" + std::to_string(i), counts);
        }
    }

    void seen(Day day, RunHistory::Messages const& messages)
    {
        constexpr long long kDay = 86'400'000'000;
        facts.message_in_table(day * kDay, messages);
    }

    void found(std::size_t taken)
    {
        facts.update([taken](RunSnapshot& run) {
            run.phase = Phase::running;
            run.conversations.taken = taken;
        });
    }

    void failed(std::string const& id, ConversationFailure failure, std::string const& reason)
    {
        found(facts.snapshot().conversations.taken + 1);
        facts.conversation_failed({id, failure, reason}, {});
    }

    void calls(std::size_t count, char const* side, double typical_ms, Clock::Duration each, std::size_t throttled_each)
    {
        std::lognormal_distribution<double> times{std::log(typical_ms), 0.45};
        http::Request const request;
        http::Outcome const fine = http::Reply{200, {}, {}};
        http::Outcome const throttled = http::Reply{429, {}, {}};
        for (std::size_t i = 0; i < count; ++i) {
            clock.advance(std::chrono::duration_cast<Clock::Duration>(each * (0.7 + 0.6 * share())));
            auto const took = std::chrono::duration<double, std::milli>{times(random_)};
            bool const refused = throttled_each > 0 && i % throttled_each == throttled_each - 1;
            facts.attempt_ended(
                {side, request, refused ? throttled : fine, std::chrono::duration_cast<Clock::Duration>(took)});
        }
    }

    void write(std::string const& path, Ending ending, int code, calls::Traffic const& traffic = {})
    {
        facts.pace_from([traffic] { return FetchingPace{traffic, {.quota = 9s, .latency = 5s}}; });
        std::ofstream file{path};
        file << report_page(settings, facts, {ending, code, facts.snapshot().started + facts.snapshot().elapsed});
        if (!file) {
            throw std::runtime_error{"cannot write " + path};
        }
    }

    Settings settings;
    test::InstantClock clock;
    RunFacts facts{clock, History::kept};

private:
    double share() { return std::uniform_real_distribution<double>{}(random_); }

    std::mt19937 random_{7};
};

void write_all(std::string const& folder)
{
    MadeUpRun usual;
    usual.settings.batch_size = 50;
    usual.settings.pace = Pace::adaptive;
    usual.settings.concurrency = 8;
    usual.conversations(688, 7, 300, 0.8);
    for (int i = 0; i < 9; ++i) {
        usual.failed("8d5ed80f-019b-5540-b9df-2ec6d5f9bb" + std::to_string(50 + i), ConversationFailure::not_found,
            "not found (HTTP 404)");
    }
    usual.failed("b1946ac9-2492-4d23-b6aa-0b1f1f2c9e07", ConversationFailure::network,
        "timeout: no answer within 60 s (gave up after 4 tries)");
    usual.failed("5f2a1c3e-7a44-4b0e-9a51-4a0c2f6f7d10", ConversationFailure::server,
        "HTTP 503 (gave up after 4 tries), request id 1f6c2d");
    usual.failed("\"><script>alert(1)</script>", ConversationFailure::other,
        "<img src=x onerror=alert(1)> & 'more' \x1B[31mred");
    usual.calls(1700, "freshchat", 180, 230ms, 90);
    usual.calls(120, "supabase", 25, 1ms, 0);
    usual.found(701);
    usual.facts.update([](RunSnapshot& run) { run.message_failures = {{"23514", 1}}; });
    usual.facts.conversation_done("c", {.fetched = 6, .fresh = 5, .failed = 1});
    usual.seen(kToday, {.fresh = 5});
    usual.write(folder + "/usual.html", Ending::complete, 3,
        {.ceiling_per_minute = 300, .origin = calls::CeilingOrigin::learned, .used_ratio = 0.87});

    MadeUpRun stopped;
    stopped.conversations(120, 9, 40, 0.2);
    stopped.found(400);
    stopped.calls(150, "freshchat", 300, 1500ms, 0);
    stopped.calls(20, "supabase", 30, 1ms, 0);
    stopped.write(folder + "/stopped.html", Ending::stopped, 10);

    MadeUpRun single;
    single.conversations(1, 3, 1, 0);
    single.calls(1, "freshchat", 95, 1ms, 0);
    single.calls(5, "supabase", 12, 1ms, 0);
    single.write(folder + "/single.html", Ending::complete, 0);

    MadeUpRun large;
    large.conversations(100'000, 6, 2500, 0.5);
    large.found(106'000);
    for (int i = 0; i < 6000; ++i) {
        large.facts.conversation_failed({"conversation-" + std::to_string(i), ConversationFailure::network,
                                            "connection reset (gave up after 4 tries)"},
            {});
    }
    large.calls(110'000, "freshchat", 240, 600ms, 0);
    large.calls(9000, "supabase", 60, 1ms, 0);
    large.write(folder + "/large.html", Ending::complete, 3,
        {.ceiling_per_minute = 1000, .origin = calls::CeilingOrigin::given, .used_ratio = 0.1});

    MadeUpRun nothing;
    nothing.facts.update(
        [](RunSnapshot& run) { run.fatal = "Supabase refused the key: HTTP 401. Check SUPABASE_SERVICE_ROLE_KEY."; });
    nothing.write(folder + "/nothing.html", Ending::fatal, 1);
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 2) {
        std::cerr << "Usage: report-page-sample FOLDER\n";
        return 2;
    }
    write_all(argv[1]);
    return 0;
} catch (std::exception const& error) {
    std::cerr << "report-page-sample: " << error.what() << '\n';
    return 1;
}
