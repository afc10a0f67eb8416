#include "faults/kills.hpp"
#include "faults/row.hpp"

#include "program/tables.hpp"

#include "support/psql.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <utility>

namespace backfill::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSeries = 5;
constexpr std::chrono::seconds kWholeStop{8};

/// Its longest conversation fills three upserts: a kill between them must leave no hole towards the oldest message.
Ground const& kill_ground()
{
    static Ground const ground{1200};
    return ground;
}

/// One series: a simulator, settings, and what was complained of so far.
class Series {
public:
    Series(std::string const& folder, unsigned seed, Environment const& changes)
        : random_{seed},
          simulator_{kill_ground().world()},
          settings_{with(row_settings(simulator_, folder),
              with(Environment{{"CONCURRENCY", "2"}, {"BATCH_SIZE", "3"}, {"REQUEST_TIMEOUT", "60"},
                       {"CONNECT_TIMEOUT", "60"}},
                  changes))},
          start_{Clock::now()}
    {
        store_only(kill_ground().world());
        usual_ = run_whole("the first run");
    }

    Environment const& settings() const { return settings_; }

    void empty_messages() { psql("truncate \"Message\""); }

    /// A moment of a run, drawn at random.
    void wait_for_a_moment()
    {
        std::uniform_real_distribution<double> moment{0, usual_.count()};
        std::this_thread::sleep_for(std::chrono::duration<double>{moment(random_)});
    }

    std::unique_ptr<Subprocess> start() const { return start_program({"run", "-v"}, settings_); }

    /// Exit 0, and the table exact.
    std::chrono::duration<double> run_whole(std::string const& what)
    {
        auto const started = Clock::now();
        auto const ended = start()->wait(kLongestRun);
        std::chrono::duration<double> const took = Clock::now() - started;
        keep(ended);
        outcome.expect(ended.code == 0, what + ": exit " + std::to_string(ended.code));
        outcome.complain(what, complaints_about(ended));
        check_table(what);
        return took;
    }

    void check_table(std::string const& what)
    {
        for (auto const& line : differences(kill_ground().world())) {
            outcome.lost += line.starts_with("missing") ? 1 : 0;
            outcome.complain(what, {line});
        }
    }

    /// Looks for leaks, and keeps the output when there is something to look into.
    void keep(Ended const& ended)
    {
        auto const output = ended.out + ended.err + files_in(settings_.at("FOLDER"));
        auto const leaks = leaks_in(output, settings_, kill_ground());
        outcome.leaks.insert(outcome.leaks.end(), leaks.begin(), leaks.end());
        outcome.capture("a run", ended);
    }

    Outcome ended(std::string exit)
    {
        outcome.exit = std::move(exit);
        outcome.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        return std::move(outcome);
    }

    Outcome outcome;

private:
    std::mt19937 random_;
    Simulator simulator_;
    Environment settings_;
    Clock::time_point start_;
    std::chrono::duration<double> usual_{0};
};

Outcome kill_series(std::string const& folder, unsigned seed, std::size_t count, std::string const& mode)
{
    Series series{folder, seed, {{"MODE", mode}}};
    for (std::size_t i = 0; i < count; ++i) {
        series.empty_messages();
        auto const program = series.start();
        series.wait_for_a_moment();
        program->send(SIGKILL);
        auto const ended = program->wait(kLongestRun);
        series.keep(ended);
        // A kill may come after the end; then the run must have been a whole one.
        series.outcome.expect(ended.signal == SIGKILL || ended.code == 0, "killed: exit " + std::to_string(ended.code));
        series.outcome.expect(tally_of(ended.out).fresh <= row_count(), "killed: a line claims what is not stored");
        series.run_whole("after kill " + std::to_string(i + 1));
    }
    return series.ended("killed");
}

/// Each conversation of which some rows are stored and some are not must be named as failed; each that is named as done
/// must be whole.
void check_halves(Ended const& ended, Series& series)
{
    std::map<std::string, std::size_t> stored;
    for (auto const& line :
        lines_of(psql("select count(*) || ' ' || conversationid from \"Message\" group by conversationid"))) {
        auto const space = line.find(' ');
        stored[line.substr(space + 1)] = std::stoul(line.substr(0, space));
    }
    for (auto const& [id, rows] : kill_ground().rows()) {
        bool const done = ended.out.find("✓ Conversation " + id + ": ") != std::string::npos;
        bool const failed = ended.err.find("✗ Failed to process conversation " + id + ": ") != std::string::npos;
        auto const there = stored[id];
        series.outcome.expect(!done || there == rows, "stopped: conversation " + id + " is not whole");
        series.outcome.expect(
            there == 0 || there == rows || failed, "stopped: conversation " + id + " is half stored, unreported");
    }
}

Outcome stop_series(std::string const& folder, unsigned seed, std::size_t count)
{
    Series series{folder, seed, {{"RATE_LIMIT_DELAY", "20"}}};
    std::size_t stopped = 0;
    for (std::size_t tries = 0; stopped < count && tries < 20 * count; ++tries) {
        series.empty_messages();
        auto const program = series.start();
        program->wait_for(Stream::out, "Configuration: "); // from here on signals are heard
        series.wait_for_a_moment();
        program->send(SIGTERM);
        auto const ended = program->wait(kWholeStop);
        series.keep(ended);
        series.outcome.complain("stopped", complaints_about(ended));
        series.outcome.expect(ended.signal == 0, "stopped: still running after eight seconds");
        series.outcome.expect(ended.code == 143 || ended.code == 0, "stopped: exit " + std::to_string(ended.code));
        check_halves(ended, series);
        stopped += ended.code == 143 ? 1 : 0; // else the end came first
        series.run_whole("after stop " + std::to_string(tries + 1));
    }
    series.outcome.expect(stopped == count, "only " + std::to_string(stopped) + " runs were stopped");
    return series.ended("143");
}

Outcome twice_series(std::string const& folder, unsigned seed, std::size_t count)
{
    Series series{folder, seed,
        {{"CONCURRENCY", "4"}, {"STATE_FILE", ""}, {"REJECTS_FILE", ""}, {"SUMMARY_FILE", ""}, {"METRICS_FILE", ""},
            {"REPORT_FILE", ""}, {"MARKDOWN_FILE", ""}}};
    for (std::size_t i = 0; i < count; ++i) {
        series.empty_messages();
        auto const one = series.start();
        auto const other = series.start();
        std::size_t inserted = 0;
        for (auto const* program : {&one, &other}) {
            auto const ended = (*program)->wait(kLongestRun);
            series.keep(ended);
            series.outcome.expect(ended.code == 0, "two at once: exit " + std::to_string(ended.code));
            series.outcome.complain("two at once", complaints_about(ended));
            inserted += ended.code == 0 ? summary_of(ended.out).inserted : 0;
        }
        series.outcome.expect(
            inserted == kill_ground().row_count(), "two at once: " + std::to_string(inserted) + " inserted");
        series.check_table("two at once");
    }
    return series.ended("0");
}

} // namespace

std::vector<Job> kill_jobs(std::size_t kills, unsigned seed, std::string const& folder)
{
    std::vector<Job> jobs;
    auto const add = [&](std::string const& what, std::string const& where, std::size_t times, auto series) {
        for (std::size_t done = 0; done < times; done += kSeries) {
            auto const count = std::min(kSeries, times - done);
            auto const drawn = seed + static_cast<unsigned>(jobs.size());
            jobs.push_back({std::to_string(count) + " × " + what + ", seed " + std::to_string(drawn), where,
                [=] { return series(folder, drawn, count); }});
        }
    };
    for (std::string const mode : {"full", "incremental"}) {
        add("SIGKILL, MODE=" + mode, "anywhere", (kills + 1) / 2,
            [mode](auto const& in, unsigned drawn, std::size_t count) { return kill_series(in, drawn, count, mode); });
    }
    add("SIGTERM", "anywhere", (kills + 3) / 4, stop_series);
    add("two runs at once", "throughout", (kills + 9) / 10, twice_series);
    return jobs;
}

} // namespace backfill::test
