#pragma once

#include "support/simulator.hpp"
#include "support/subprocess.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

/// All that a run needs: the simulator as Freshchat, the local stack with its service key, and no delays.
Environment settings_for(Simulator const& simulator);

/// `changes` wins; what it sets to "" is taken out.
Environment with(Environment settings, Environment const& changes);

/// Starts the binary that the environment variable PROGRAM names, with nothing in its environment but `settings`.
std::unique_ptr<Subprocess> start_program(std::vector<std::string> arguments, Environment const& settings,
    std::string input = {}, std::optional<Terminal> const& terminal = std::nullopt);

/// The same in a shell, whose `script` starts it as "$0" "$@".
std::unique_ptr<Subprocess> start_in_shell(
    std::string const& script, std::vector<std::string> const& arguments, Environment const& settings);

/// How long the program may take to end after a signal.
constexpr std::chrono::seconds kWholeStop{8};

/// Runs it to its end. Throws std::logic_error when one of its outputs holds a secret of `settings`.
Ended run_program(std::vector<std::string> const& arguments, Environment const& settings, std::string input = {});
void expect_no_secret(Ended const& ended, Environment const& settings);

/// What it told on stderr, without the line about rows without text: the messages of a World bring it.
std::string notes_of(Ended const& ended);

std::vector<std::string> lines_of(std::string const& text, char end = '\n');

/// With the number of seconds replaced by '#'.
std::string masked(std::string const& out);

/// The numbers of the closing lines.
struct Summary {
    std::size_t conversations = 0;
    std::size_t processed = 0;
    std::size_t skipped = 0; ///< by MODE=missing
    std::size_t failed = 0;
    std::size_t inserted = 0; ///< or to be inserted
    std::size_t updated = 0;
    std::size_t messages_failed = 0;
    std::size_t not_reached = 0; ///< of the Stopped line
};

/// Throws std::runtime_error unless there is exactly one.
Summary summary_of(std::string const& out);

/// The ✓ lines added up.
struct Tally {
    std::size_t lines = 0;
    std::size_t fresh = 0;
    std::size_t stored = 0; ///< skipped or updated
    std::size_t failed = 0;
    std::size_t total = 0;
};

Tally tally_of(std::string const& out);

/// Lines of stdout that are none of those that users were promised: torn ones, above all.
std::vector<std::string> strange_lines(std::string const& out);

} // namespace backfill::test
