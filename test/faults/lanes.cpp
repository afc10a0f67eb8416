#include "faults/lanes.hpp"

#include "faults/stack_control.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace backfill::test {
namespace {

/// Not handed on to programs: the servers of a lane that died would keep its end open, and the table wait for them.
struct Pipe {
    Pipe()
    {
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw std::runtime_error{"pipe2 failed"};
        }
    }
    int read_end() const { return ends[0]; }
    int write_end() const { return ends[1]; }
    std::array<int, 2> ends{};
};

/// What a lane tells of a row. Shorter than PIPE_BUF: each goes through the pipe whole.
struct Record {
    std::uint32_t number = 0;
    bool failed = false;
    bool skipped = false;
    std::size_t lost = 0;
    std::size_t leaks = 0;
    std::array<char, 3000> text{}; ///< what is printed
};
static_assert(sizeof(Record) < PIPE_BUF);

struct Totals {
    std::size_t printed = 0;
    std::size_t failed = 0;
    std::string skipped; ///< their numbers
    std::size_t lost = 0;
    std::size_t leaks = 0;
};

bool is_fine(Outcome const& outcome)
{
    return outcome.complaints.empty() && outcome.lost == 0 && outcome.leaks.empty();
}

std::string text_of(std::size_t number, Job const& job, Outcome const& outcome)
{
    auto text = fmt::format("{:<4}{:<45}{:<13} {:>6} {:8.2f} {:5} {:6}  {}", number + 1, job.fault, job.where,
        outcome.exit, outcome.seconds, outcome.lost, outcome.leaks.size(),
        outcome.skipped        ? "skipped: not possible on this machine"
            : is_fine(outcome) ? "ok"
                               : "FAIL");
    constexpr std::size_t kMostComplaints = 4;
    constexpr std::size_t kLongest = 240;
    for (std::size_t i = 0; i < std::min(outcome.complaints.size(), kMostComplaints); ++i) {
        text += "\n       " + outcome.complaints[i].substr(0, kLongest);
    }
    return text;
}

Outcome run_job(Job const& job)
{
    std::filesystem::remove_all("written");
    std::filesystem::create_directory("written");
    try {
        return job.run();
    } catch (std::exception const& error) {
        let_go();
        Outcome outcome;
        outcome.complaints.emplace_back(error.what());
        return outcome;
    }
}

/// All output of a row that failed is kept in `folder`.
Record record_of(std::uint32_t number, Job const& job, Outcome const& outcome, std::string const& folder)
{
    auto text = text_of(number, job, outcome);
    if (!is_fine(outcome)) {
        auto const path = folder + "/row_" + std::to_string(number + 1) + ".txt";
        std::ofstream file{path, std::ios::binary};
        for (auto const& complaint : outcome.complaints) {
            file << complaint << '\n';
        }
        for (auto const& leak : outcome.leaks) {
            file << "leaked: " << leak << '\n';
        }
        file << outcome.captured;
        text += "\n       all of its output: " + path;
    }
    Record record{number, !is_fine(outcome), outcome.skipped, outcome.lost, outcome.leaks.size(), {}};
    text.copy(record.text.data(), record.text.size() - 1);
    return record;
}

/// A lane's whole life. Numbers of jobs are read from a pipe that all lanes share: who is free takes the next.
int run_lane(std::vector<Job> const& jobs, std::string const& folder, std::size_t lane, int todo, int done)
{
    auto const own = folder + "/lane_" + std::to_string(lane);
    std::filesystem::create_directories(own);
    std::filesystem::current_path(own);
    ::setenv("STACK", (own + "/stack").c_str(), 1);
    start_stack(own + "/stack");
    std::uint32_t number = 0;
    while (::read(todo, &number, sizeof number) == sizeof number) {
        auto const record = record_of(number, jobs.at(number), run_job(jobs.at(number)), folder);
        if (::write(done, &record, sizeof record) < 0) {
            return 1;
        }
    }
    end_stack(own + "/stack");
    return 0;
}

/// Prints each job in its turn.
Totals print_as_they_end(int done)
{
    Totals totals;
    std::map<std::size_t, std::string> waiting;
    std::size_t next = 0;
    auto const flush = [&](bool all) {
        for (auto first = waiting.begin(); first != waiting.end() && (all || first->first == next);
             first = waiting.erase(first), ++next) {
            std::cout << first->second << std::endl;
        }
    };
    for (Record record; ::read(done, &record, sizeof record) == sizeof record;) {
        ++totals.printed;
        totals.failed += record.failed ? 1 : 0;
        totals.skipped += record.skipped ? " " + std::to_string(record.number + 1) : "";
        totals.lost += record.lost;
        totals.leaks += record.leaks;
        waiting.emplace(record.number, record.text.data());
        flush(false);
    }
    flush(true);
    return totals;
}

} // namespace

bool run_in_lanes(std::vector<Job> const& jobs, std::size_t lanes, std::string const& folder)
{
    auto const start = std::chrono::steady_clock::now();
    Pipe const todo;
    Pipe const done;
    for (std::uint32_t number = 0; number < jobs.size(); ++number) { // far less than a pipe holds
        if (::write(todo.write_end(), &number, sizeof number) != sizeof number) {
            throw std::runtime_error{"too many rows for a pipe"};
        }
    }
    ::close(todo.write_end());
    for (std::size_t lane = 0; lane < std::min(lanes, jobs.size()); ++lane) {
        auto const child = ::fork();
        if (child == 0) {
            ::close(done.read_end());
            int code = 1;
            try {
                code = run_lane(jobs, folder, lane, todo.read_end(), done.write_end());
            } catch (std::exception const& error) {
                std::cerr << "fault_table: " << error.what() << std::endl;
            }
            ::_exit(code);
        }
    }
    ::close(todo.read_end());
    ::close(done.write_end());
    std::cout << fmt::format("{:<4}{:<45}{:<13}   exit  seconds  lost  leaks", "", "fault", "where") << std::endl;
    auto const totals = print_as_they_end(done.read_end());
    ::close(done.read_end());
    while (::wait(nullptr) > 0 || errno == EINTR) {}
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - start;
    std::printf("%zu of %zu rows in %.0f s: %zu failed, skipped:%s, %zu rows lost, %zu leaks\n", totals.printed,
        jobs.size(), took.count(), totals.failed, totals.skipped.empty() ? " none" : totals.skipped.c_str(),
        totals.lost, totals.leaks);
    return totals.printed == jobs.size() && totals.failed == 0;
}

} // namespace backfill::test
