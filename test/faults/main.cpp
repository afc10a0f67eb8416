// The fault table: the built program under every fault, on the local stack, and what came of it. Prints a line for each
// row; exit 1 when one fails. scripts/faults builds it and starts it.

#include "faults/deed_run.hpp"
#include "faults/divided.hpp"
#include "faults/kills.hpp"
#include "faults/lanes.hpp"
#include "faults/row_run.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

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

constexpr auto kUsage =
    "usage: fault_table [--every N] [--kills N] [--lanes N] [--seed N] [--list] [NAME…]\n"
    "  --every N   only every Nth row\n"
    "  --kills N   SIGKILLs, half of them with MODE=incremental (200); a quarter as many SIGTERMs and\n"
    "              a tenth as many pairs of runs at once are added\n"
    "  --lanes N   so many rows at the same time, each on a stack of its own (3)\n"
    "  --seed N    of the moments at which programs are killed\n"
    "  --list      prints the rows, runs none\n"
    "  NAME        only rows whose fault or place contains it\n";

struct Options {
    std::size_t every = 1;
    std::size_t kills = 200;
    std::size_t lanes = 3;
    unsigned seed = 1;
    bool list = false;
    std::vector<std::string> names;
};

Options parse(std::vector<std::string> const& arguments)
{
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto const& name = arguments[i];
        auto const number = [&](auto& value, unsigned least) {
            auto const text = i + 1 < arguments.size() ? arguments[++i] : std::string{};
            auto const* const end = text.data() + text.size();
            auto const [read, error] = std::from_chars(text.data(), end, value);
            if (error != std::errc{} || read != end || value < least) {
                throw std::invalid_argument{name + " needs a number from " + std::to_string(least)};
            }
        };
        if (name == "--every") {
            number(options.every, 1);
        } else if (name == "--kills") {
            number(options.kills, 0);
        } else if (name == "--lanes") {
            number(options.lanes, 1);
        } else if (name == "--seed") {
            number(options.seed, 0);
        } else if (name == "--list") {
            options.list = true;
        } else if (name.starts_with("-")) {
            throw std::invalid_argument{name + " is no option"};
        } else {
            options.names.push_back(name);
        }
    }
    return options;
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

int run(std::vector<std::string> const& arguments)
{
    auto const options = parse(arguments);
    auto const build = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    auto const folder = (build / "faults").string();
    auto const program = (build.parent_path() / "freshchat-backfill").string();
    ::setenv("PROGRAM", program.c_str(), 0);
    auto const jobs = chosen_jobs(options, "written"); // each lane works in a folder of its own
    if (options.list) {
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
    try {
        return backfill::test::run({argv + 1, argv + argc});
    } catch (std::invalid_argument const& error) {
        std::cerr << "fault_table: " << error.what() << '\n' << backfill::test::kUsage;
        return 2;
    } catch (std::exception const& error) {
        std::cerr << "fault_table: " << error.what() << '\n';
        return 1;
    }
}
