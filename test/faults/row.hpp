#pragma once

#include "faults/told.hpp"

#include "support/program_run.hpp"
#include "support/simulator.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

// Where a fault strikes: one of FaultProxy's places, or one of these.
namespace place {
inline constexpr auto kFirstPage = "first page";   ///< of the first conversation
inline constexpr auto kPageOne = "page 1";         ///< of a conversation in the middle
inline constexpr auto kMiddlePage = "middle page"; ///< of the conversation of many pages
inline constexpr auto kLastPage = "last page";     ///< of the same
inline constexpr auto kEnd = "end";                ///< the only page of the last conversation
inline constexpr auto kEveryPage = "every page";
inline constexpr auto kStart = "start"; ///< before the run
} // namespace place

/// What is done to the stack in earnest, and how it is undone.
struct Deed {
    std::function<void()> strike; ///< just before the first request to the row's place is passed on
    std::function<void()> lift;
    std::string lifts_at = {}; ///< undone when stderr says this; empty = after the run
};

/// One row of the table: a fault, where it strikes, and what must come of it. After the fault is gone, one more run
/// must make the table equal to the truth: that is the same for all rows and stands in run_row().
struct Row {
    std::string fault;
    std::string where;
    std::vector<int> codes; ///< any of them
    /// A piece of a line that users see without asking for more; empty = nothing must be said. Of a fault that does not
    /// show in the exit code, 0, a piece of what they see who do ask: its request and its retry.
    std::string said;
    std::optional<Fault> strike = {}; ///< at the wire; `conversation` and `page` come from `where`
    Environment settings = {};        ///< of the first run only; "stack:NAME" is a value of the stack
    std::optional<Deed> deed = {};
    Switches switches = {};                 ///< of the simulator, beside the fault; they stay
    std::string shell = {};                 ///< starts the program ("$0" "$@"); empty = directly
    std::string command = "run";            ///< of the first run
    std::optional<std::size_t> failed = {}; ///< conversations that fail; nothing = not known
    std::optional<std::size_t> messages_failed = {};
    std::string before = {};         ///< SQL, before the first run
    std::string after = {};          ///< SQL, after it
    std::optional<Voice> voice = {}; ///< of the first run; nothing = by the row's number
    std::size_t number = 0;          ///< in the table
};

inline Fault once(FaultKind kind, std::size_t size = 0)
{
    return {.kind = kind, .size = size};
}

inline Fault for_good(FaultKind kind)
{
    return {.times = kAlways, .kind = kind};
}

inline constexpr std::chrono::seconds kLongestRun{240};
inline constexpr auto kSupabaseRetried = "supabase: HTTP 20"; ///< an answer after the fault, as -v tells it

/// All rows, in the order of the table.
std::vector<Row> all_rows();

std::vector<Row> freshchat_rows();
std::vector<Row> freshchat_status_rows();
std::vector<Row> supabase_rows();
std::vector<Row> supabase_status_rows();
std::vector<Row> stack_rows();
std::vector<Row> file_rows();
std::vector<Row> habit_rows();
std::vector<Row> command_rows();

} // namespace backfill::test
