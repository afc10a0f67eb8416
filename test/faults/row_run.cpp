#include "faults/row_run.hpp"

#include "faults/deed_run.hpp"

#include "program/tables.hpp"

#include "support/fault_proxy.hpp"
#include "support/stack.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kLongestRun{240};
constexpr int kNotAllowedHere = 77;

std::unique_ptr<Subprocess> start(Row const& row, Environment const& settings)
{
    if (row.shell.empty()) {
        return start_program({"run", "-v"}, settings);
    }
    auto const* path = std::getenv("PATH");
    auto environment = with(settings, {{"PATH", path == nullptr ? "/usr/bin:/bin" : path}});
    for (auto const* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (auto const* value = std::getenv(name)) {
            environment.emplace(name, value);
        }
    }
    return std::make_unique<Subprocess>(
        std::vector<std::string>{find_program("sh"), "-c", row.shell, std::getenv("PROGRAM"), "run", "-v"},
        environment);
}

Environment resolved(Environment settings)
{
    constexpr std::string_view kOfTheStack = "stack:";
    for (auto& [name, value] : settings) {
        if (value.starts_with(kOfTheStack)) {
            value = Stack::local().value(value.substr(kOfTheStack.size()));
        }
    }
    return settings;
}

/// Ids that Freshchat held only for a part of the time, or besides the world.
struct Changes {
    std::set<std::string> inserted; ///< must be stored
    std::set<std::string> removed;  ///< may be stored
};

Changes changes_of(Switches const& switches)
{
    Changes changes;
    auto const& world = ground().world();
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const conversation = world.conversation(i).id;
        auto const pages = (world.message_count(i) + kPageClamp - 1) / kPageClamp;
        if (static_cast<std::size_t>(switches.change_after_page) > std::max<std::size_t>(pages, 1)) {
            continue; // never that far
        }
        for (std::size_t n = 0; n < switches.change_count; ++n) {
            if (switches.change == Change::insert) {
                changes.inserted.insert(inserted_message_id(conversation, n));
            } else if (switches.change == Change::remove && n < world.message_count(i)) {
                changes.removed.insert(world.message(i, n).id);
            }
        }
    }
    return changes;
}

/// Counts what is lost, and complains of what is there and should not be.
void check_truth(Changes changes, Outcome& outcome)
{
    constexpr std::string_view kMissing = "missing ";
    for (auto const& line : differences(ground().world())) {
        auto const id = line.substr(kMissing.size());
        bool const missing = line.starts_with(kMissing);
        if (missing && !changes.removed.contains(id)) {
            ++outcome.lost;
        }
        if (!missing && changes.inserted.erase(id) == 0) {
            outcome.complaints.push_back("in the table: " + line);
        }
    }
    outcome.lost += changes.inserted.size();
}

void append(std::vector<std::string>& all, std::string const& prefix, std::vector<std::string> const& more)
{
    for (auto const& each : more) {
        all.push_back(prefix + each);
    }
}

/// Whether an answer about rows may have been lost on its way, so that a later try found them stored by "another".
bool may_miscount(Row const& row)
{
    return row.deed || row.where == place::kUpsert;
}

void check_first(Row const& row, Ended const& ended, std::size_t stored, Outcome& outcome)
{
    auto const expect = [&outcome](bool holds, std::string const& complaint) {
        if (!holds) {
            outcome.complaints.push_back(complaint);
        }
    };
    expect(ended.signal == 0, "ended by signal " + std::to_string(ended.signal));
    expect(std::find(row.codes.begin(), row.codes.end(), ended.code) != row.codes.end(), "not the exit code expected");
    expect((ended.out + ended.err).find(row.said) != std::string::npos, "not said: " + row.said);
    append(outcome.complaints, "", complaints_about(ended));
    if (ended.out.find("Summary: {") != std::string::npos) {
        auto const inserted = summary_of(ended.out).inserted;
        expect(inserted == stored || (may_miscount(row) && inserted < stored),
            std::to_string(inserted) + " inserted, it says, but " + std::to_string(stored) + " rows are in the table");
    }
}

void check_second(Ended const& ended, std::size_t stored_before, std::size_t stored, Outcome& outcome)
{
    if (ended.code != 0) {
        outcome.complaints.push_back("the run after it: exit " + std::to_string(ended.code));
        return;
    }
    append(outcome.complaints, "the run after it: ", complaints_about(ended));
    auto const sums = summary_of(ended.out);
    if (sums.processed != sums.conversations || sums.inserted != stored - stored_before) {
        outcome.complaints.emplace_back("the run after it: wrong numbers");
    }
}

struct FirstRun {
    Ended ended;
    std::size_t strikes = 0;
};

FirstRun run_struck(
    Row const& row, Simulator& simulator, FaultProxy& proxy, Environment const& settings, Outcome& outcome)
{
    DeedRun deed{row};
    proxy.on_request([&deed](std::string_view where) { deed.seen_at_supabase(where); });
    simulator.on_request([&deed](SeenRequest const& request) { deed.seen_at_freshchat(request); });
    if (row.where == place::kStart) {
        deed.strike();
    }
    auto const started = std::chrono::steady_clock::now();
    auto const program = start(row, settings);
    bool const lifts_early = row.deed && !row.deed->lifts_at.empty();
    if (lifts_early) {
        if (!program->wait_for(Stream::err, row.deed->lifts_at)) {
            outcome.complaints.push_back("never said: " + row.deed->lifts_at);
        }
        deed.lift();
    }
    auto ended = program->wait(kLongestRun);
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    simulator.on_request({});
    proxy.on_request({});
    if (!lifts_early) {
        deed.lift();
    }
    if (!deed.failure().empty()) {
        outcome.complaints.push_back("the deed failed: " + deed.failure());
    }
    return {std::move(ended), proxy.strikes() + simulator.counters().faults + (deed.struck() ? 1 : 0)};
}

} // namespace

Outcome run_row(Row const& row, std::string const& folder)
{
    Outcome outcome;
    auto switches = row.switches;
    switches.page_clamp = kPageClamp;
    switches.token = "token-of-the-fault-table-5c0e";
    auto const calm = switches;
    auto const spot = spot_at_freshchat(row.where);
    std::vector<Fault> at_supabase;
    if (row.strike) {
        auto fault = *row.strike;
        fault.conversation = spot ? spot->conversation : row.where;
        fault.page = spot ? spot->page : 0;
        (spot ? switches.faults : at_supabase).push_back(fault);
    }
    prepare_tables(ground());
    Simulator simulator{ground().world(), switches};
    FaultProxy proxy{Stack::local().value("HTTP_URL"), at_supabase};
    auto const settings = with(row_settings(simulator, folder), {{"SUPABASE_URL", proxy.base_url()}});
    auto const with_fault = with(settings, resolved(row.settings));

    auto const first = run_struck(row, simulator, proxy, with_fault, outcome);
    auto const& ended = first.ended;
    outcome.exit = ended.signal != 0 ? "sig" + std::to_string(ended.signal) : std::to_string(ended.code);
    outcome.captured = "── stdout\n" + ended.out + "── stderr\n" + ended.err;
    if (!row.shell.empty() && ended.code == kNotAllowedHere) {
        outcome.skipped = true;
        return outcome;
    }
    if ((row.strike || row.deed) && first.strikes == 0) {
        outcome.complaints.emplace_back("the fault never struck");
    }
    auto const stored = row_count();
    check_first(row, ended, stored, outcome);

    if (row.strike) {
        proxy.lift();
        if (switches.change == Change::none) {
            simulator.set_switches(calm);
        }
    }
    auto const again = start_program({"run", "-v"}, settings)->wait(kLongestRun);
    outcome.captured += "── stdout of the run after it\n" + again.out + "── stderr of the run after it\n" + again.err;
    check_second(again, stored, row_count(), outcome);
    check_truth(changes_of(switches), outcome);
    auto const written = outcome.captured + files_in(folder);
    outcome.leaks = leaks_in(written, with(settings, with_fault), ground());
    return outcome;
}

} // namespace backfill::test
