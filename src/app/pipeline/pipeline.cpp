#include "app/pipeline/pipeline.hpp"

#include "app/connections/connections.hpp"
#include "app/pipeline/checks.hpp"
#include "app/pipeline/fetchers.hpp"
#include "app/pipeline/list_end.hpp"
#include "app/pipeline/run.hpp"
#include "app/pipeline/stages.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/work_list.hpp"

#include <fmt/format.h>

#include <deque>
#include <exception>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

/// Lists in this thread, while fetchers and writers work in theirs. They are joined in the order of the data, whatever
/// happens.
void process(Run& run, supabase::WorkList& work, supabase::Postgrest& postgrest, std::deque<SupabaseLink>& for_writers)
{
    std::stop_callback const on_stop{run.stop.soft, [&run] { run.halt(); }};
    std::vector<std::jthread> writers;
    Fetchers fetchers{run};
    run.facts.pace_from([&run] { return run.pace(); }); // last: nothing may throw before the last pace is left
    try {
        for (std::size_t i = 0; i < run.row_queues.size(); ++i) {
            bool const asks =
                run.table_was_empty && run.settings.command != Command::verify && i + 1 == run.row_queues.size();
            writers.emplace_back([&, i, asks] {
                if (asks) {
                    warn_of_doubts(run, for_writers[i].postgrest);
                }
                write_rows(run, run.row_queues[i], for_writers[i]);
            });
        }
        fetchers.start();
        bool const duplicates_tell =
            run.settings.command == Command::run && run.settings.messages.on_conflict == supabase::OnConflict::ignore;
        supabase::MessageTable table{postgrest, run.settings.messages,
            duplicates_tell ? supabase::EndOfPages::shorter_page : supabase::EndOfPages::empty_page,
            work.longest_page()};
        // Not by the numbers alone: the count may be an estimate, and the list may have grown.
        run.cut_short = !list_conversations(run, work, table) || run.cut_short;
    } catch (Stopped const&) {
        run.cut_short = true;
        run.halt();
    } catch (...) {
        run.fail(std::current_exception());
    }
    run.jobs.close();
    fetchers.join();
    {
        TimeTally::Span const wait{run.writer_wait}; // nobody fetches any more: the run itself waits
        for (auto& queue : run.row_queues) {
            queue.close();
        }
        writers.clear();
    }
    run.open_conversations.report_surplus();
    run.facts.pace_from([last = run.pace()] { return last; });
    run.rethrow_failure();
    if (run.halted.stop_requested() && (run.cut_short || run.facts.snapshot().conversations.not_reached() > 0)) {
        throw Stopped{};
    }
}

/// The story: check both sides, read the list, let every conversation pass through the stages, check the list again.
void carry_out(Run& run)
{
    auto const& settings = run.settings;
    auto& run_log = run.run_log;
    SupabaseLink reading{run.connections.supabase(), settings, run.supabase_gate, run.key, run.clock, run_log};
    std::deque<SupabaseLink> for_writers; // used by the preflight first
    for (std::size_t i = 0; i < run.row_queues.size(); ++i) {
        for_writers.emplace_back(run.connections.supabase(), settings, run.supabase_gate, run.key, run.clock, run_log);
    }
    run_log.started();
    for (auto const& warning : run.last_run.warnings) {
        run_log.warning(warning);
    }
    std::size_t conversations = 0;
    try {
        conversations = check_tables(run, reading.postgrest, for_writers);
    } catch (FatalError const& error) {
        throw about_key(error, settings);
    }
    run_log.fetching_conversations();
    auto selection = run.selection();
    if (!selection.updated_since.empty()) {
        run_log.only_updated_since(selection.updated_since);
    }
    if (selection.after) {
        run_log.going_on_after(selection.after->id, run.last_run.failed_before);
    }
    if (conversations == 0) {
        expect_full_sight(run.key, settings);
        if (!settings.selection.only) { // else each chosen one is a failed conversation
            run_log.no_conversations();
            return;
        }
    }
    supabase::WorkList work{reading.postgrest, settings.conversations, std::move(selection)};
    open_list(run, reading.postgrest, work, conversations);
    process(run, work, reading.postgrest, for_writers);
    end_list(run, work, reading.postgrest);
}

} // namespace

Ending run_pipeline(Settings const& settings, LastRun const& last_run, Connections const& connections, Clock& clock,
    StopTokens const& stop, RunFacts& facts, RunLog& run_log)
{
    auto ending = Ending::complete;
    try {
        Run run{settings, last_run, connections, clock, stop, facts, run_log};
        carry_out(run);
        facts.expect_all_accounted_for();
    } catch (Stopped const&) {
        ending = Ending::stopped;
    } catch (BatchError const& error) { // elsewhere it fails a part; without the list there is no run
        run_log.fatal(std::string{error.what()}
            + ". The list of conversations could not be read; run it again when Supabase answers.");
        ending = Ending::fatal;
    } catch (std::exception const& error) {
        run_log.fatal(error.what());
        ending = Ending::fatal;
    }
    run_log.finished(ending);
    return ending;
}

} // namespace backfill::app
