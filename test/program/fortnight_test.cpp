// A fortnight of nights with the health check and the webhook attached. FORTNIGHT=2000 plays it with so many
// conversations, with the mark of last-run and without, and prints what each night costs.

#include "program/nights_town.hpp"
#include "program/told.hpp"
#include "support/json.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdlib>
#include <set>
#include <string>

using namespace backfill::test;

namespace {

using Names = std::set<std::string>;

/// What a day brings: conversations that change, and a few that are new. The last two of the first day never do.
Names news_of_a_day(Town& town, std::size_t size, std::size_t night, std::size_t count)
{
    Names news;
    for (std::size_t i = 0; i < count; ++i) {
        auto const* const hours_ago = i == 1 ? "20" : "1"; // somebody writes late
        if (i % 4 == 2) {
            town.open(hours_ago);
            news.insert(town.ids.back());
        } else {
            auto const& id = town.ids[(night * 7 + i * 13) % (size - 2)];
            town.change(id, hours_ago);
            news.insert(id);
        }
    }
    return news;
}

/// Both were told of this run's end, the webhook of failures alone; no word of a conversation.
void expect_told(Receivers const& receivers, Ended const& ended, Town const& town)
{
    auto const suffix = ended.code == 0 ? std::string{} : "/" + std::to_string(ended.code);
    auto const heading = ended.code == 0 ? "Everything asked for is stored"
        : ended.code == 3                ? "Finished, but 1 conversation failed"
                                         : "The run could not go on";
    auto const begin = std::string{"Backfill: "} + heading;
    auto const code = fmt::format(" (exit code {})\n", ended.code);
    auto const body = receivers.sent_to_check(suffix);
    auto const hook = receivers.sent_to_hook();
    CAPTURE(body, hook);
    CHECK(receivers.suffixes() == "/start;" + suffix + ";");
    CHECK(receivers.sent_to_check("/start").empty());
    CHECK(body.starts_with(begin));
    CHECK(holds(body, code));
    CHECK(hook.empty() == (ended.code == 0));
    if (!hook.empty()) {
        auto const* const reason = ended.code == 3 ? "1 conversation not found" : "it names HTTP 401, FRESHCHAT_TOKEN";
        auto const json = parsed(hook);
        CHECK(json->getValue<int>("exit_code") == ended.code);
        CHECK(json->getValue<std::string>("text").starts_with(begin));
        CHECK(holds(json->getValue<std::string>("text"), code));
        CHECK(holds(json->getValue<std::string>("text"), reason));
        CHECK(holds(body, reason));
    }
    auto forbidden = town.ids;
    forbidden.emplace_back(Town::kText);
    receivers.expect_discretion(ended, town.settings(), forbidden);
}

/// Nights 5 to 8 lack a conversation, night 11 the right to ask.
int expected_code(int night)
{
    return night >= 5 && night <= 8 ? 3 : night == 11 ? 1 : 0;
}

void play(Town& town, std::size_t size, bool by_mark, bool is_quiet)
{
    Receivers receivers;
    auto const changes = with(receivers.urls(), {{"CONVERSATION_FILTER", "status=eq.open"}});
    auto const undated = town.ids.back();
    auto const closed = town.ids[size - 2];
    psql("update \"Conversation\" set updated_time = null where id = '" + undated + "'");
    auto const first = town.run({}, changes);
    CAPTURE(first.err);
    REQUIRE(first.code == 0);
    CHECK(town.asked().size() == size); // no mark yet: all
    psql("update \"Conversation\" set status = 'closed' where id = '" + closed + "'");
    Names behind{undated}; // what the mark does not cover
    Names failing;
    std::string costs;
    for (int night = 1; night <= 14; ++night) {
        CAPTURE(by_mark, night);
        town.a_day_passes();
        Town::touch(closed);
        auto const number = static_cast<std::size_t>(night);
        auto const today = news_of_a_day(town, size, number, is_quiet ? number % 4 : size / 50);
        auto const code = expected_code(night);
        failing = code != 3 ? Names{} : failing.empty() ? Names{*today.begin()} : failing;
        Fault const fault{.conversation = code == 3 ? *failing.begin() : "",
            .times = code == 0 ? 0 : kAlways,
            .status = code == 3 ? 404 : 401};
        town.simulator.set_switches({.faults = {fault}});
        auto const owed = town.owed();
        receivers.forget();
        auto const ended = town.run({}, changes);
        CAPTURE(ended.out, ended.err);
        CHECK(ended.code == code);
        CHECK(town.owed() == failing);
        behind.insert(today.begin(), today.end());
        behind.insert(owed.begin(), owed.end());
        auto wanted = by_mark ? behind : Names{town.ids.begin(), town.ids.end()};
        wanted.erase(closed);
        auto const calls = town.simulator.counters().requests;
        CHECK(calls <= (code == 1 ? 1 : wanted.size() + (code == 3 ? 3 : 0)));
        if (code != 1) {
            CHECK(town.asked() == wanted);
            CHECK(summary_of(ended.out).conversations == wanted.size());
            behind = today; // the day before the mark is met again
            behind.insert(undated);
        }
        CHECK((code != 0 || town.differences().empty()));
        expect_told(receivers, ended, town);
        costs += fmt::format("{:>5} {:>5} {:>5} {:>6} s {:>3}  {}\n", night, today.size(), calls,
            between(ended.out, "durationSeconds: '", "'"), ended.code, receivers.suffixes());
    }
    if (!is_quiet) {
        WARN((by_mark ? "with" : "without") << " the mark: night, news, calls, time, exit code, pings\n" << costs);
    }
}

} // namespace

TEST_CASE("a fortnight of nights: each costs the calls of what changed, every morning the table is exact, and every "
          "night is told")
{
    auto const* const asked_for = std::getenv("FORTNIGHT");
    auto const size = asked_for == nullptr ? 60U : std::stoul(asked_for);
    bool const by_mark = asked_for == nullptr || GENERATE(false, true);
    Town town{size};
    if (!by_mark) {
        town.night.pop_back();
    }
    play(town, size, by_mark, asked_for == nullptr);
}
