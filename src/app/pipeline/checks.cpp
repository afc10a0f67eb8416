#include "app/pipeline/checks.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/doubts.hpp"
#include "backfill/supabase/preflight.hpp"

#include <algorithm>
#include <exception>
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

} // namespace

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
    return sight.conversations;
}

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

} // namespace backfill::app
