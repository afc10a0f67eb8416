#include "faults/lanes.hpp"

#include "faults/stack_control.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace backfill::test {
namespace {

constexpr std::size_t kFaultWidth = 45;

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

struct Totals {
    std::size_t printed = 0;
    std::size_t failed = 0;
    std::string skipped; ///< their numbers
    std::size_t lost = 0;
    std::size_t leaks = 0;
};

/// Columns, not bytes: all our characters are one wide.
std::string padded(std::string text, std::size_t width)
{
    std::size_t columns = 0;
    for (auto const byte : text) {
        columns += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80 ? 1 : 0;
    }
    return text + std::string(width > columns ? width - columns : 0, ' ');
}

bool is_fine(Outcome const& outcome)
{
    return outcome.complaints.empty() && outcome.lost == 0 && outcome.leaks.empty();
}

std::string line_of(std::size_t number, Job const& job, Outcome const& outcome)
{
    std::array<char, 80> numbers{};
    std::snprintf(numbers.data(), numbers.size(), " %6s %8.2f %5zu %6zu  ", outcome.exit.c_str(), outcome.seconds,
        outcome.lost, outcome.leaks.size());
    bool const fine = is_fine(outcome);
    auto text = padded(std::to_string(number + 1), 4) + padded(job.fault, kFaultWidth) + padded(job.where, 13)
        + numbers.data()
        + (outcome.skipped ? "skipped: not possible on this machine"
                : fine     ? "ok"
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

/// "number failed skipped lost leaks", then the line or lines that are printed.
std::string record_of(std::size_t number, Job const& job, Outcome const& outcome, std::string const& folder)
{
    bool const failed = !is_fine(outcome);
    auto line = line_of(number, job, outcome);
    if (failed) {
        auto const path = folder + "/row_" + std::to_string(number + 1) + ".txt";
        std::ofstream file{path, std::ios::binary};
        for (auto const& complaint : outcome.complaints) {
            file << complaint << '\n';
        }
        for (auto const& leak : outcome.leaks) {
            file << "leaked: " << leak << '\n';
        }
        file << outcome.captured;
        line += "\n       all of its output: " + path;
    }
    std::ostringstream record;
    record << number << ' ' << failed << ' ' << outcome.skipped << ' ' << outcome.lost << ' ' << outcome.leaks.size()
           << '\n'
           << line;
    return record.str();
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
        auto const size = static_cast<std::uint32_t>(record.size());
        std::string framed{reinterpret_cast<char const*>(&size), sizeof size};
        framed += record; // shorter than PIPE_BUF: lanes do not mix
        if (::write(done, framed.data(), framed.size()) < 0) {
            return 1;
        }
    }
    end_stack(own + "/stack");
    return 0;
}

bool read_exactly(int descriptor, char* room, std::size_t size)
{
    for (std::size_t got = 0; got < size;) {
        auto const now = ::read(descriptor, room + got, size - got);
        if (now == 0 || (now < 0 && errno != EINTR)) {
            return false;
        }
        got += now < 0 ? 0 : static_cast<std::size_t>(now);
    }
    return true;
}

/// Prints each job in its turn.
Totals print_as_they_end(int done)
{
    Totals totals;
    std::map<std::size_t, std::string> waiting;
    std::size_t next = 0;
    std::uint32_t size = 0;
    auto const flush = [&](bool all) {
        for (auto first = waiting.begin(); first != waiting.end() && (all || first->first == next);
             first = waiting.erase(first), ++next) {
            std::cout << first->second << std::endl;
        }
    };
    while (read_exactly(done, reinterpret_cast<char*>(&size), sizeof size)) {
        std::string record(size, '\0');
        read_exactly(done, record.data(), size);
        std::istringstream fields{record};
        std::size_t number = 0;
        std::size_t failed = 0;
        std::size_t skipped = 0;
        std::size_t lost = 0;
        std::size_t leaks = 0;
        fields >> number >> failed >> skipped >> lost >> leaks;
        ++totals.printed;
        totals.failed += failed;
        totals.skipped += skipped == 0 ? "" : " " + std::to_string(number + 1);
        totals.lost += lost;
        totals.leaks += leaks;
        waiting.emplace(number, record.substr(record.find('\n') + 1));
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
    std::cout << padded("", 4) << padded("fault", kFaultWidth) << padded("where", 13) << "   exit  seconds  lost  leaks"
              << std::endl;
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
