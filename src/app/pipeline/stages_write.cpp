#include "app/pipeline/stages.hpp"

#include "app/connections/connections.hpp"
#include "backfill/core/errors.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

using supabase::RowResult;

/// No table = dry run.
void write_chunks(Run& run, RowQueue& queue, supabase::MessageTable* table)
{
    std::string ended; // why nothing is sent any more: what comes is reported as failed
    auto fate = RowResult::Fate::lost;
    while (auto chunk = queue.next_chunk()) {
        auto const rows = run.open_conversations.sendable(*std::move(chunk));
        if (rows.empty()) {
            continue;
        }
        std::vector<RowResult> results(rows.size(), {RowResult::Fate::written, {}});
        try {
            if (!ended.empty()) {
                results.assign(rows.size(), {fate, ended});
            } else if (table != nullptr) {
                table->upsert(rows, results, run.stop.hard);
                auto const lost = std::ranges::find(results, RowResult::Fate::lost, &RowResult::fate);
                run.health.call_ended(RunHealth::Call::upsert, lost == results.end() ? "" : lost->reason);
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
        run.open_conversations.answer(rows, results);
    }
}

} // namespace

void write_rows(Run& run, RowQueue& queue)
{
    try {
        std::optional<SupabaseLink> link;
        std::optional<supabase::MessageTable> table;
        if (run.settings.writes()) {
            link.emplace(run.connections.supabase(), run.supabase_gate, run.key, run.clock, run.run_log);
            table.emplace(link->postgrest, run.settings.messages);
        }
        write_chunks(run, queue, table ? &*table : nullptr);
    } catch (...) {
        run.fail(std::current_exception());
        queue.abandon();
        run.open_conversations.abandon();
    }
}

} // namespace backfill::app
