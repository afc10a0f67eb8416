// The fault table: the built program under every fault, on the local stack, and what came of it. Prints a line for each
// row; exit 1 when one fails. scripts/faults builds it and starts it.

#include "faults/deed_run.hpp"
#include "faults/divided.hpp"
#include "faults/kills.hpp"
#include "faults/lanes.hpp"
#include "faults/row_run.hpp"
#include "support/command_line.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

namespace po = boost::program_options;

namespace backfill::test {

std::vector<Row> all_rows()
{
    std::vector<Row> rows;
    for (auto const& part : {freshchat_rows(), supabase_rows(), stack_rows(), file_rows(), freshchat_status_rows(),
             supabase_status_rows(), habit_rows(), command_rows()}) {
        rows.insert(rows.end(), part.begin(), part.end());
    }
    for (auto& row : rows) {
        row.number = static_cast<std::size_t>(&row - rows.data());
        if (row.codes == std::vector{3} && row.strike && spot_at_freshchat(row.where) && row.command == "run") {
            row.failed = 1; // the one whose pages are struck
        }
    }
    return rows;
}

namespace {

struct Options {
    std::size_t every = 1;
    std::size_t kills = 200;
    std::size_t lanes = 3;
    unsigned seed = 1;
    std::vector<std::string> names;
};

po::options_description described(Options& options)
{
    po::options_description described{
        "usage: fault_table [options] [NAME…]: only rows whose fault or place contains it"};
    auto add = described.add_options();
    add("every", po::value(&options.every), "only every Nth row");
    add("kills", po::value(&options.kills),
        "SIGKILLs, half of them with MODE=incremental (200); a quarter as many SIGTERMs and a tenth as many pairs of "
        "runs at once are added");
    add("lanes", po::value(&options.lanes), "so many rows at the same time, each on a stack of its own (3)");
    add("seed", po::value(&options.seed), "of the moments at which programs are killed");
    add("list", "prints the rows, runs none");
    add("name", po::value(&options.names), "without --name, too");
    return described;
}

std::vector<Job> chosen_jobs(Options const& options, std::string const& folder)
{
    std::vector<Job> jobs;
    auto const rows = all_rows();
    for (std::size_t i = 0; i < rows.size(); i += options.every) {
        jobs.push_back({rows[i].fault, rows[i].where, [row = rows[i], folder] { return run_row(row, folder); }});
    }
    auto const divided = divided_jobs(folder);
    jobs.insert(jobs.end(), divided.begin(), divided.end());
    auto const kills = kill_jobs(options.kills, options.seed, folder);
    jobs.insert(jobs.end(), kills.begin(), kills.end());
    if (!options.names.empty()) {
        std::erase_if(jobs, [&](Job const& job) {
            return std::none_of(options.names.begin(), options.names.end(),
                [&](auto const& name) { return (job.fault + " @ " + job.where).find(name) != std::string::npos; });
        });
    }
    return jobs;
}

int run(Options const& options, bool list)
{
    if (options.every == 0 || options.lanes == 0) {
        throw po::error{"--every and --lanes need a number from 1"};
    }
    auto const build = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    auto const folder = (build / "faults").string();
    auto const program = (build.parent_path() / "freshchat-backfill").string();
    ::setenv("PROGRAM", program.c_str(), 0);
    auto const jobs = chosen_jobs(options, "written"); // each lane works in a folder of its own
    if (list) {
        for (auto const& job : jobs) {
            std::cout << job.fault << " @ " << job.where << '\n';
        }
        return 0;
    }
    return run_in_lanes(jobs, options.lanes, folder) ? 0 : 1;
}

} // namespace
} // namespace backfill::test

int main(int argc, char** argv)
{
    backfill::test::Options options;
    po::positional_options_description names;
    names.add("name", -1);
    return backfill::test::run_with_options("fault_table", backfill::test::described(options), names, argc, argv,
        [&](auto const& values) { return backfill::test::run(options, values.count("list") != 0); });
}
