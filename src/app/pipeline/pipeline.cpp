#include "app/pipeline/pipeline.hpp"

#include "app/connections/connections.hpp"
#include "app/pipeline/fetchers.hpp"
#include "app/pipeline/run.hpp"
#include "app/pipeline/stages.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/doubts.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/work_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

std::vector<supabase::Postgrest*> links_of(std::deque<SupabaseLink>& links)
{
    std::vector<supabase::Postgrest*> postgrests;
    for (auto& link : links) {
        postgrests.push_back(&link.postgrest);
    }
    return postgrests;
}

void warn_of(Run& run, supabase::Doubt const& doubt)
{
    run.run_log.warning(doubt.found + ". " + doubt.advice);
}

/// Says what may keep rows out: while the table is empty nothing else tells. PostgREST takes long to describe all
/// tables (20 ms for two), so one writer asks, before its own first rows, while the others already send theirs.
void warn_of_doubts(Run& run, supabase::Postgrest& postgrest)
{
    try {
        auto const& settings = run.settings;
        auto const doubts = supabase::doubts_about(postgrest, settings.conversations, settings.messages, run.stop.soft);
        for (auto const& doubt : doubts.value_or(std::vector<supabase::Doubt>{})) {
            warn_of(run, doubt);
        }
    } catch (...) {
        run.fail(std::current_exception()); // what is fetched is stored nevertheless
    }
}

/// Returns how many conversations the table holds. Throws FatalError when either table cannot be used.
std::size_t check_tables(Run& run, supabase::Postgrest& postgrest, std::deque<SupabaseLink>& for_writers)
{
    auto const& settings = run.settings;
    if (auto const warning = check_key(run.key, settings); !warning.empty()) {
        run.run_log.warning(warning);
    }
    if (settings.command == Command::dry_run) {
        run.run_log.warning(
            "a dry run only reads: it cannot prove the right to insert and the unique key on the message id.");
    }
    auto const sight = supabase::preflight(postgrest, settings.conversations, settings.messages,
        settings.writes() ? supabase::Access::write : supabase::Access::read, run.stop.soft, links_of(for_writers));
    if (sight.unproven) {
        warn_of(run, *sight.unproven);
    }
    run.table_was_empty = !sight.has_messages && run.key.bypasses_row_level_security();
    if (run.table_was_empty) {
        run.run_log.table_was_empty();
    }
    return sight.conversations;
}

/// `rows`: of the table, when the preflight counted them.
void open_list(Run& run, supabase::Postgrest& postgrest, supabase::WorkList& work, std::size_t rows)
{
    work.open(run.stop.soft);
    run.run_log.found(work.taken(), work.matching());
    std::ranges::for_each(work.gone(), [&run](auto const& id) { run.run_log.conversation_gone(id); });
    if (work.is_estimate()) {
        run.run_log.list_is_estimate();
    } else if (work.is_whole_table() && rows > work.matching()) {
        auto const without = supabase::rows_without_id(postgrest, run.settings.conversations, run.stop.soft);
        if (without > 0) { // else some were deleted a moment ago
            run.run_log.rows_without_id(without);
        }
    }
    for (auto const& id : work.missing()) {
        run.run_log.conversation_failed({id, ConversationFailure::not_in_table,
            "it is not in table " + printable(run.settings.conversations.name)});
    }
}

/// How many conversations have come to the part of the list that earlier runs of this pass did.
std::size_t came_late(Run& run, supabase::WorkList const& work)
{
    auto const& passed = run.last_run.passed_before;
    auto const now = passed ? work.ids_before(run.stop.soft) : std::nullopt;
    return now ? now->added_since(*passed) : 0;
}

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

/// Of the conversations that were found by another id, those that the table has by that id, too.
std::vector<freshchat::IdPair> rows_of_other_ids(Run& run, supabase::Postgrest& postgrest)
{
    std::map<ConversationId, ConversationId> found_as;
    supabase::Selection in_table;
    in_table.only.emplace();
    for (auto& [other, id] : run.account.other_ids.found_as()) {
        in_table.only->push_back(other);
        found_as.emplace(std::move(other), std::move(id));
    }
    std::vector<freshchat::IdPair> pairs;
    if (found_as.empty()) {
        return pairs;
    }
    supabase::WorkList list{postgrest, run.settings.conversations, std::move(in_table)};
    list.open(run.stop.soft);
    for (auto const& conversation : list.next_batch(found_as.size(), run.stop.soft)) {
        // A column of type uuid may spell it otherwise: then it is the row that was read itself.
        if (auto const read = found_as.find(conversation.id); read != found_as.end()) {
            pairs.emplace_back(read->second, conversation.id);
        }
    }
    return pairs;
}

/// The messages of a conversation that is in the table twice are stored under one of its rows only.
void tell_twins(Run& run, supabase::Postgrest& postgrest)
{
    auto twins = run.account.other_ids.twins();
    try {
        std::ranges::move(rows_of_other_ids(run, postgrest), std::back_inserter(twins));
    } catch (BatchError const& error) { // all is stored, and the next run looks again
        run.run_log.warning(fmt::format(
            "Nobody could say whether a conversation is in the table under both of its ids. {}", error.what()));
    }
    for (auto const& [one, other] : twins) {
        run.run_log.warning(fmt::format("conversations {} and {} of the table are one at Freshchat: its messages are "
                                        "stored under one of them only.",
            printable(one), printable(other)));
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
    tell_twins(run, reading.postgrest);
    for (auto const& doubt : run.doubtful_fields.sentences()) {
        run_log.warning(doubt + ". MESSAGE_COLUMNS takes field=column, the field as Freshchat names it.");
    }
    if (std::size_t const count = run.account.ended_on_links; count > 0) {
        run_log.warning(fmt::format("the last pages of {} {} held no new message and linked to another page: whether "
                                    "Freshchat has more messages there, nobody could tell. Ask Freshchat.",
            count, count == 1 ? "conversation" : "conversations"));
    }
    run_log.list_ended({work.handed_out() + work.missing().size(), work.unread(run.stop.soft), came_late(run, work),
        work.repeated(), work.is_estimate()});
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
