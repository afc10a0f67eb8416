// The soak: histories that nobody scripted, each drawn from its own seed, with the built program on the local stack.
// Prints a line for each; exit 1 when one went wrong. scripts/soak builds it and starts it.

#include "soak/history.hpp"
#include "support/command_line.hpp"

#include <boost/program_options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <string>

namespace po = boost::program_options;

namespace backfill::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    double minutes = 0;
    std::uint64_t seed = 1;
    std::size_t histories = 0;
};

struct Totals {
    std::size_t histories = 0;
    std::size_t wrong = 0;
    std::size_t lost = 0;
    Tolls tolls;
};

po::options_description described(Options& options)
{
    po::options_description described{"usage: soak [options]"};
    auto add = described.add_options();
    add("minutes", po::value(&options.minutes), "begins no history after that (1, unless --histories is given)");
    add("seed", po::value(&options.seed), "of the first history; each later one has the next (1)");
    add("help", "prints this");
    add("histories", po::value(&options.histories), "so many at most");
    return described;
}

void add(Totals& totals, Tolls const& tolls)
{
    totals.tolls.steps += tolls.steps;
    totals.tolls.runs += tolls.runs;
    totals.tolls.stops += tolls.stops;
    totals.tolls.kills += tolls.kills;
    totals.tolls.faults += tolls.faults;
    totals.tolls.rows += tolls.rows;
}

void keep(Outcome const& outcome, std::string const& path)
{
    std::ofstream file{path, std::ios::binary};
    for (auto const& complaint : outcome.complaints) {
        file << complaint << '\n';
    }
    file << outcome.captured;
}

void play(std::uint64_t seed, std::string const& folder, Totals& totals)
{
    auto const files = fmt::format("{}/files_{}", folder, seed);
    std::filesystem::remove_all(files);
    std::filesystem::create_directories(files);
    History history{seed, files};
    auto& outcome = history.outcome;
    try {
        history.play();
    } catch (std::exception const& error) {
        outcome.complaints.emplace_back(error.what());
    }
    auto const& tolls = history.tolls;
    add(totals, tolls);
    ++totals.histories;
    totals.lost += outcome.lost;
    bool const ok = outcome.complaints.empty();
    totals.wrong += ok ? 0 : 1;
    std::cout << fmt::format(
        "{:<4} seed {:<6} {:<11} {:>2} steps {:>2} runs {} stops {} kills {:>3} faults {:>5} rows  exits{}  {}",
        totals.histories, seed, history.mode(), tolls.steps, tolls.runs, tolls.stops, tolls.kills, tolls.faults,
        tolls.rows, outcome.exit, ok ? "ok" : "WRONG")
              << std::endl;
    if (std::getenv("KEEP") == nullptr && ok) {
        std::filesystem::remove_all(files);
        return;
    }
    constexpr std::size_t kMostComplaints = 5;
    for (std::size_t i = 0; i < std::min(outcome.complaints.size(), kMostComplaints); ++i) {
        std::cout << "       " << outcome.complaints[i] << '\n';
    }
    auto const path = fmt::format("{}/history_{}.txt", folder, seed);
    keep(outcome, path);
    std::cout << "       all of its output: " << path << ", its files: " << files << std::endl;
}

int run(Options const& options)
{
    // A shell ignores these for what it starts in the background, and the program would inherit that.
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGHUP, SIG_DFL);
    auto const folder = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "soaks").string();
    auto const start = Clock::now();
    auto const minutes = [&] { return std::chrono::duration<double, std::ratio<60>>(Clock::now() - start).count(); };
    auto const most = options.histories != 0 ? options.histories : std::numeric_limits<std::size_t>::max();
    auto const longest = options.minutes > 0 ? options.minutes : options.histories != 0 ? 1e9 : 1;
    Totals totals;
    while (totals.histories < most && minutes() < longest) {
        play(options.seed + totals.histories, folder, totals);
    }
    auto const& all = totals.tolls;
    std::cout << fmt::format(
        "{} histories in {:.1f} min: {} wrong; {} runs, {} stopped, {} killed, {} faults struck, {} rows, "
        "{} rows lost",
        totals.histories, minutes(), totals.wrong, all.runs, all.stops, all.kills, all.faults, all.rows, totals.lost)
              << std::endl;
    return totals.wrong == 0 ? 0 : 1;
}

} // namespace
} // namespace backfill::test

int main(int argc, char** argv)
{
    backfill::test::Options options;
    return backfill::test::run_with_options("soak", backfill::test::described(options), {}, argc, argv,
        [&](auto const&) { return backfill::test::run(options); });
}
