#include "app/pipeline/stages.hpp"

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

using supabase::RowResult;

void note_health(RunHealth& health, std::vector<RowResult> const& results)
{
    for (auto const& result : results) {
        if (result.fate == RowResult::Fate::lost) {
            health.call_failed(RunHealth::Call::upsert, result.reason);
            return;
        }
    }
    health.call_passed(RunHealth::Call::upsert);
}

} // namespace

void write_rows(Run& run, Outbox& outbox, supabase::MessageTable* table, std::stop_token const& hard_stop)
{
    std::string ended; // why nothing is sent any more: what comes is reported as failed
    auto fate = RowResult::Fate::lost;
    while (auto const rows = outbox.next_chunk()) {
        std::vector<RowResult> results(rows->size(), {RowResult::Fate::written, {}});
        try {
            if (!ended.empty()) {
                results.assign(rows->size(), {fate, ended});
            } else if (table != nullptr) {
                table->upsert(*rows, results, hard_stop);
                note_health(run.health, results);
            }
        } catch (Stopped const&) {
            run.cut_short = true;
            ended = "the run was stopped before Supabase answered";
            fate = RowResult::Fate::cut_off;
            for (auto& result : results) {
                result = result.fate == RowResult::Fate::lost ? RowResult{fate, ended} : result;
            }
        } catch (...) {
            ended = "the run ended before Supabase took it";
            run.fail(std::current_exception());
        }
        outbox.answer(*rows, results);
    }
}

} // namespace backfill::app
