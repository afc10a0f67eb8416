#include "faults/row_run.hpp"

#include "faults/deed_run.hpp"
#include "faults/truth.hpp"

#include "program/tables.hpp"

#include "support/fault_proxy.hpp"
#include "support/psql.hpp"
#include "support/simulator_faults.hpp"
#include "support/stack.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace backfill::test {
namespace {

constexpr int kNotAllowedHere = 77;

/// Each of the four in turn, so that a row's neighbours, and the same row of the next case, have another.
Voice voice_of(Row const& row)
{
    if (row.voice) {
        return *row.voice;
    }
    bool const waits_for_text = row.deed && !row.deed->lifts_at.empty();
    return waits_for_text ? Voice::verbose_text : static_cast<Voice>((row.number + row.number / 4) % 4);
}

std::unique_ptr<Subprocess> start(Row const& row, Environment const& changes)
{
    auto const voice = voice_of(row);
    auto const settings = with(changes, {{"LOG_FORMAT", is_json(voice) ? "json" : "text"}});
    std::vector<std::string> arguments{row.command};
    if (is_verbose(voice)) {
        arguments.emplace_back("-v");
    }
    return row.shell.empty() ? start_program(arguments, settings) : start_in_shell(row.shell, arguments, settings);
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

/// Whether an answer about rows may have been lost on its way, so that a later try found them stored by "another".
bool may_miscount(Row const& row)
{
    return row.deed || row.where == place::kUpsert;
}

bool is_said(Row const& row, Told const& told)
{
    bool const only_debug = row.codes == std::vector{0} && (row.strike || row.deed);
    if (row.said.empty() || (only_debug && !is_verbose(voice_of(row)))) {
        return true;
    }
    auto const& lines = only_debug ? told.debug : told.shown;
    return std::any_of(
        lines.begin(), lines.end(), [&](auto const& line) { return line.find(row.said) != std::string::npos; });
}

/// `stored`: rows that the run added.
void check_first(Row const& row, Ended const& ended, std::size_t stored, Outcome& outcome)
{
    outcome.expect(ended.signal == 0, "ended by signal " + std::to_string(ended.signal));
    outcome.expect(
        std::find(row.codes.begin(), row.codes.end(), ended.code) != row.codes.end(), "not the exit code expected");
    outcome.complain("the run", complaints_about(ended, voice_of(row)));
    auto const told = told_by(ended, voice_of(row));
    outcome.expect(is_said(row, told), "not said: " + row.said);
    if (told.summary) {
        auto const& sums = *told.summary;
        auto const inserted = row.command == "run" ? sums.inserted : 0;
        outcome.expect(row.command != "dry-run" || ended.code != 0 || sums.inserted == ground().row_count(),
            "not all rows would be inserted");
        outcome.expect(inserted == stored || (may_miscount(row) && inserted < stored),
            std::to_string(inserted) + " inserted, it says, but " + std::to_string(stored) + " rows were added");
        outcome.expect(
            !row.failed || sums.failed == *row.failed, std::to_string(sums.failed) + " conversations failed");
        outcome.expect(!row.messages_failed || sums.messages_failed == *row.messages_failed,
            std::to_string(sums.messages_failed) + " messages failed");
    }
}

void check_second(Ended const& ended, std::size_t stored_before, std::size_t stored, Outcome& outcome)
{
    outcome.expect(ended.code == 0, "the run after it: exit " + std::to_string(ended.code));
    if (ended.code == 0) {
        outcome.complain("the run after it", complaints_about(ended));
        auto const sums = summary_of(ended.out);
        outcome.expect(sums.processed == sums.conversations && sums.inserted == stored - stored_before,
            "the run after it: wrong numbers");
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
        outcome.expect(program->wait_for(Stream::err, row.deed->lifts_at), "never said: " + row.deed->lifts_at);
        deed.lift();
    }
    auto ended = program->wait(kLongestRun);
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    simulator.on_request({});
    proxy.on_request({});
    if (!lifts_early) {
        deed.lift();
    }
    outcome.expect(deed.failure().empty(), "the deed failed: " + deed.failure());
    return {std::move(ended), proxy.strikes() + simulator.counters().faults + (deed.struck() ? 1 : 0)};
}

/// What the row's switches and its fault make of the simulator. Faulty answers quote all that nobody may print.
Switches switches_of(Row const& row, std::vector<Fault>& at_supabase)
{
    auto switches = row.switches;
    switches.page_clamp = kPageClamp;
    switches.token = "token-of-the-fault-table-5c0e";
    std::vector<std::string> const quotes{
        Stack::local().value("SERVICE_KEY"), switches.token, std::string{kQuotedText}};
    switches.link_origin += "/" + quotes.front() + "/" + quotes.back();
    if (row.strike) {
        auto fault = *row.strike;
        auto const spot = spot_at_freshchat(row.where);
        fault.quotes = quotes;
        fault.conversation = spot ? spot->conversation : row.where;
        fault.page = spot ? spot->page : 0;
        (spot ? switches.faults : at_supabase).push_back(fault);
    }
    return switches;
}

/// Whether the longest conversation changed while it was read: after that, another page of it was asked for.
bool changed_in_mid_walk(Switches const& switches, Simulator const& simulator)
{
    auto const requests = simulator.requests();
    auto const& longest = ground().longest();
    return simulator.has_changed(longest) && std::any_of(requests.begin(), requests.end(), [&](auto const& request) {
        return request.conversation == longest && request.page > switches.change_after_page;
    });
}

/// Each row's errors of Supabase are in the words of one of the versions, always the same.
Dialect dialect_of(Row const& row)
{
    return static_cast<Dialect>(std::hash<std::string>{}(row.fault + row.where) % 3);
}

} // namespace

Outcome run_row(Row const& row, std::string const& folder)
{
    Outcome outcome;
    std::vector<Fault> at_supabase;
    auto const switches = switches_of(row, at_supabase);
    auto calm = switches;
    calm.faults.clear();
    store_only(ground().world());
    if (!row.before.empty()) {
        psql(row.before);
    } else if (row.where == place::kStoredIds && row.command == "run") {
        psql(insert_rows(ground().row_count())); // the first one: in an empty table nothing is looked up
    }
    auto const stored_before = row_count();
    Simulator simulator{ground().world(), switches};
    FaultProxy proxy{Stack::local().value("HTTP_URL"), at_supabase, dialect_of(row)};
    auto const settings = with(row_settings(simulator, folder), {{"SUPABASE_URL", proxy.base_url()}});
    auto const with_fault = with(settings, resolved(row.settings));

    auto const first = run_struck(row, simulator, proxy, with_fault, outcome);
    if (!row.after.empty()) {
        psql(row.after);
    }
    auto const& ended = first.ended;
    outcome.exit = ended.signal != 0 ? "sig" + std::to_string(ended.signal) : std::to_string(ended.code);
    outcome.capture("the run", ended);
    if (!row.shell.empty() && ended.code == kNotAllowedHere) {
        outcome.skipped = true;
        outcome.expect(::geteuid() != 0, "root may do this: nothing was tested");
        return outcome;
    }
    outcome.expect(first.strikes > 0 || !(row.strike || row.deed), "the fault never struck");
    outcome.expect(switches.change == Change::none || changed_in_mid_walk(switches, simulator),
        "nothing changed while it was read");
    auto const stored = row_count();
    check_first(row, ended, stored - stored_before, outcome);
    auto const written = files_in(folder); // before the next run replaces it

    if (row.strike) {
        proxy.lift();
        if (switches.change == Change::none) {
            simulator.set_switches(calm);
        }
    }
    auto const again = start_program({"run", "-v"}, settings)->wait(kLongestRun);
    outcome.captured += "── files\n" + written;
    outcome.capture("the run after it", again);
    check_second(again, stored, row_count(), outcome);
    check_truth(switches, outcome);
    outcome.leaks = leaks_in(outcome.captured + files_in(folder), with(settings, with_fault), ground());
    return outcome;
}

} // namespace backfill::test
