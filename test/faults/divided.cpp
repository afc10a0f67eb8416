#include "faults/divided.hpp"
#include "faults/row.hpp"

#include "program/tables.hpp"

#include "support/fault_proxy.hpp"
#include "support/psql.hpp"
#include "support/stack.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <utility>

namespace backfill::test {
namespace {

constexpr auto kConversation = "c";
constexpr std::size_t kRows = 51;

enum class Loss { fails, killed };

/// Page 1: 49 messages that are not stored, and the newest of those that are; page 2: fifty of a customer. The newest
/// one's id is the first of all: in the order of ids it is in the first half, the oldest ones in the second.
std::vector<std::string> two_pages()
{
    std::vector<std::string> list;
    for (int i = 0; i < 49; ++i) {
        list.push_back(message_json("s" + std::to_string(10 + i), "a note of the system", 200 - i, "system"));
    }
    list.push_back(message_json("a", "the answer of an agent", 100, "agent"));
    for (int i = 0; i < 50; ++i) {
        list.push_back(message_json("u" + std::to_string(10 + i), "what a customer asks", 60 - i));
    }
    return list;
}

/// The first POST ends in 57014; of its halves, `lost` (1 or 2) never arrives.
Outcome run_divided(std::string const& folder, std::size_t lost, Loss loss)
{
    Outcome outcome;
    store_only(std::vector<std::string>{kConversation});
    Simulator const simulator{Conversations{{kConversation, two_pages()}}};
    FaultProxy proxy{Stack::local().value("HTTP_URL"),
        {{.conversation = place::kUpsert, .status = 500, .code = "57014"},
            {.conversation = place::kUpsert, .after = lost - 1, .times = 6, .status = 503}}};
    auto const settings = with(row_settings(simulator, folder),
        {{"SUPABASE_URL", proxy.base_url()}, {"MODE", "incremental"}, {"REQUEST_TIMEOUT", "10"}});
    std::promise<Subprocess*> started;
    auto const target = started.get_future().share();
    std::atomic<std::size_t> upserts = 0;
    proxy.on_request([&](std::string_view where) {
        if (where == place::kUpsert && ++upserts == 1 + lost && loss == Loss::killed) {
            target.get()->send(SIGKILL);                             // before this half is passed on
            (void)target.get()->wait_for(Stream::out, "never said"); // until it is gone
        }
    });
    auto const start = std::chrono::steady_clock::now();
    auto const program = start_program({"run", "-v"}, settings);
    started.set_value(program.get());
    auto const first = program->wait(kLongestRun);
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.exit = first.signal != 0 ? "killed" : std::to_string(first.code);
    outcome.expect(upserts >= 1 + lost, "the upsert was not divided");
    outcome.expect(loss == Loss::killed ? first.signal == SIGKILL : first.code == 3, "not the end expected");
    outcome.expect(row_count() < kRows, "nothing was lost");
    proxy.on_request({});
    proxy.lift();
    auto const second = start_program({"run", "-v"}, settings)->wait(kLongestRun);
    outcome.expect(second.code == 0, "the run after it: exit " + std::to_string(second.code));
    outcome.lost = kRows - std::min(row_count(), kRows);
    outcome.capture("the run", first);
    outcome.capture("the run after it", second);
    return outcome;
}

} // namespace

std::vector<Job> divided_jobs(std::string const& folder)
{
    std::vector<Job> jobs;
    for (auto const& [lost, name] : {std::pair<std::size_t, char const*>{1, "first"}, {2, "second"}}) {
        for (auto const& [loss, ends] : {std::pair{Loss::fails, " fails"}, {Loss::killed, " killed"}}) {
            jobs.push_back({std::string{"57014, MODE=incremental, "} + name + " half" + ends, place::kUpsert,
                [=] { return run_divided(folder, lost, loss); }});
        }
    }
    return jobs;
}

} // namespace backfill::test
