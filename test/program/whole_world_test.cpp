// A big table, from dry run to second run: nothing is missed, nothing is sent twice, nothing is asked for in vain.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace backfill::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsMeasurable = false; // a sanitizer's shadow memory is many times the program's own
#else
constexpr bool kMemoryIsMeasurable = true;
#endif
constexpr long kPeakKilobytes = 40 * 1024;
constexpr std::size_t kPageClamp = 20;
constexpr std::size_t kBatchSize = 50;

WorldOptions big_world(OddIds odd_ids)
{
    return {.conversations = 2500,
        .ties = 1200 /* more than a page of the work list */,
        .nulls = 60,
        .one_long = 1234,
        .odd_ids = odd_ids};
}

std::size_t pages_of(std::size_t messages)
{
    return std::max<std::size_t>(1, (messages + kPageClamp - 1) / kPageClamp);
}

/// The calls that the walk rule allows for conversations in this order: one a page; and where no link was seen yet, one
/// more after a lone page of 20, since such a page may have been clamped.
std::size_t allowed_calls(World const& world, std::vector<SeenRequest> const& requests)
{
    std::size_t calls = 0;
    bool link_seen = false;
    for (auto const& request : requests) {
        if (request.page != 1) {
            continue;
        }
        auto const messages = world.message_count(world.index_of(request.conversation).value());
        link_seen = link_seen || messages > kPageClamp;
        calls += pages_of(messages) + (!link_seen && messages == kPageClamp ? 1 : 0);
    }
    return calls;
}

struct LookUps {
    std::size_t first_pages = 0;
    std::size_t later_pages = 0;
    std::size_t longest_uri = 0;
};

LookUps look_ups(std::vector<AccessEntry> const& entries)
{
    LookUps counted;
    for (auto const& entry : entries) {
        if (entry.method == "GET" && entry.uri.find("/Message?select=id,conversationid&") != std::string::npos) {
            ++(entry.uri.find("&id=gt.") == std::string::npos ? counted.first_pages : counted.later_pages);
            counted.longest_uri = std::max(counted.longest_uri, entry.uri.size());
        }
    }
    return counted;
}

/// One for 50 conversations; long encoded ids make shorter lists, as the URL may not grow beyond 4 kB.
std::size_t allowed_look_ups(World const& world)
{
    auto const lists = (world.size() + kBatchSize - 1) / kBatchSize;
    return world.options().odd_ids == OddIds::yes ? lists + lists / 5 : lists;
}

/// The first text of the world that stands in `output`, of those long enough to stand there for one reason only.
std::string leaked_text(World const& world, std::string const& output)
{
    constexpr std::size_t kTelling = 12;
    for (std::size_t i = 0; i < world.size(); i += 5) {
        for (auto const& message : world.messages(i)) {
            if (message.row && message.row->message_parts.size() >= kTelling
                && output.find(message.row->message_parts) != std::string::npos) {
                return message.row->message_parts;
            }
        }
    }
    return {};
}

void check_numbers(Ended const& ended, std::size_t conversations, std::size_t messages)
{
    auto const summary = summary_of(ended.out);
    auto const tally = tally_of(ended.out);
    CHECK(summary.conversations == conversations);
    CHECK(summary.processed == conversations);
    CHECK(summary.failed == 0);
    CHECK(summary.messages_failed == 0);
    CHECK(tally.lines == conversations);
    CHECK(tally.fresh == summary.inserted);
    CHECK(tally.failed == 0);
    CHECK(tally.total == messages);
    CHECK(strange_lines(ended.out).empty());
}

void check_dry_run(World const& world, Simulator const& simulator, Environment const& settings)
{
    AccessLog const log;
    auto const dry = run_program({"dry-run"}, settings);
    CHECK(dry.code == 0);
    CHECK(posts(log.entries()) == 0);
    CHECK(row_count() == 0);
    CHECK(simulator.counters().faults == 0);
    CHECK(summary_of(dry.out).inserted == world.expected_row_count());
    check_numbers(dry, world.size(), world.expected_row_count());
}

void check_first_run(World const& world, Simulator& simulator, Environment const& settings)
{
    simulator.clear_requests();
    AccessLog const log;
    auto const run = run_program({"run"}, settings);
    auto const entries = log.entries();
    auto const rows = world.expected_row_count();
    CHECK(run.code == 0);
    CHECK(notes_of(run) == "");
    CHECK(compare_with(world) == kEqual);
    CHECK(summary_of(run.out).inserted == rows);
    check_numbers(run, world.size(), rows);
    CHECK(leaked_text(world, run.out + run.err) == "");

    auto const requests = simulator.requests();
    if (settings.at("CONCURRENCY") == "1") {
        CHECK(requests.size() == allowed_calls(world, requests));
        CHECK(simulator.counters().most_at_once == 1);
    } else {
        CHECK(requests.size() <= allowed_calls(world, requests) + 4); // those in flight when the first link came
        CHECK(simulator.counters().most_at_once <= 4);
    }
    auto const counted = look_ups(entries);
    CHECK(counted.first_pages <= allowed_look_ups(world));
    CHECK(counted.later_pages <= counted.first_pages); // rows of conversations that ended beside the look-up
    CHECK(counted.longest_uri <= 4200);
    CHECK(posts_with_rows(entries) <= rows / 500 + world.size() / kBatchSize + 2);
    if (kMemoryIsMeasurable) {
        CHECK(run.peak_kilobytes > 1024); // it was measured at all
        CHECK(run.peak_kilobytes < kPeakKilobytes);
    }
}

void check_second_run(World const& world, Environment const& settings)
{
    AccessLog const log;
    auto const again = run_program({"run"}, settings);
    auto const entries = log.entries();
    auto const rows = world.expected_row_count();
    CHECK(again.code == 0);
    CHECK(posts_with_rows(entries) == 0);
    CHECK(summary_of(again.out).inserted == 0);
    CHECK(tally_of(again.out).stored == rows);
    check_numbers(again, world.size(), rows);
    CHECK(compare_with(world) == kEqual);
    auto const counted = look_ups(entries);
    CHECK(counted.first_pages <= allowed_look_ups(world));
    CHECK(counted.later_pages <= counted.first_pages + rows / 1000 + 1);
    if (kMemoryIsMeasurable) {
        CHECK(again.peak_kilobytes < kPeakKilobytes);
    }
}

} // namespace

TEST_CASE("a world of 2 500 conversations is stored exactly, within the call budget, and a second run sends no row")
{
    auto const [concurrency, odd_ids] = GENERATE(table<std::string, OddIds>({{"1", OddIds::yes}, {"4", OddIds::no}}));
    CAPTURE(concurrency);
    auto const world = World::make(big_world(odd_ids));
    Simulator simulator{world, {.page_clamp = kPageClamp}};
    store_only(world);
    auto const settings = with(settings_for(simulator), {{"CONCURRENCY", concurrency}, {"PROGRESS", "none"}});
    check_dry_run(world, simulator, settings);
    check_first_run(world, simulator, settings);
    check_second_run(world, settings);
}

TEST_CASE("broken text in messages is stored repaired")
{
    auto const world = World::make({.conversations = 120, .odd_ids = OddIds::yes, .invalid_text = InvalidText::yes});
    Simulator const simulator{world};
    store_only(world);
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    CHECK(compare_with(world) == kEqual);
}

TEST_CASE("whatever links and ends of pages Freshchat has, the table is exact")
{
    auto const world = World::make({.conversations = 60, .one_long = 120});
    auto const [link, last_link, past_end] = GENERATE(table<LinkForm, LastLink, PastEnd>({
        {LinkForm::absolute, LastLink::null, PastEnd::wrong_page},
        {LinkForm::without_rel, LastLink::present, PastEnd::empty},
        {LinkForm::relative, LastLink::present, PastEnd::wrong_page},
        {LinkForm::relative, LastLink::present, PastEnd::repeat_last},
        {LinkForm::with_from_time, LastLink::null, PastEnd::empty},
        {LinkForm::self, LastLink::present, PastEnd::empty},
        {LinkForm::self, LastLink::present, PastEnd::repeat_last},
        {LinkForm::absent, LastLink::missing, PastEnd::empty},
        {LinkForm::absent, LastLink::missing, PastEnd::wrong_page},
        {LinkForm::absent, LastLink::missing, PastEnd::repeat_last},
    }));
    Simulator const simulator{world, {.page_clamp = 20, .link = link, .last_link = last_link, .past_end = past_end}};
    store_only(world);
    auto const run = run_program({"run"}, settings_for(simulator));
    CHECK(run.code == 0);
    CHECK(compare_with(world) == kEqual);
}
