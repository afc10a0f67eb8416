#include "app/pipeline/list_end.hpp"

#include "app/log/number_text.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

/// How many conversations have come to the part of the list that earlier runs of this pass did.
std::size_t came_late(Run& run, supabase::WorkList const& work)
{
    auto const& passed = run.last_run.passed_before;
    auto const now = passed ? work.ids_before(run.stop.soft) : std::nullopt;
    return now ? now->added_since(*passed) : 0;
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

} // namespace

void end_list(Run& run, supabase::WorkList& work, supabase::Postgrest& postgrest)
{
    tell_twins(run, postgrest);
    for (auto const& doubt : run.doubtful_fields.sentences()) {
        run.run_log.warning(doubt + ". MESSAGE_COLUMNS takes field=column, the field as Freshchat names it.");
    }
    if (std::size_t const count = run.account.ended_on_links; count > 0) {
        run.run_log.warning(fmt::format(
            "the last pages of {} held no new message and linked to another page: whether Freshchat has more "
            "messages there, nobody could tell. Ask Freshchat.",
            plain_counted(count, "conversation")));
    }
    run.run_log.list_ended({work.handed_out() + work.missing().size(), work.unread(run.stop.soft), came_late(run, work),
        work.repeated(), work.is_estimate()});
}

} // namespace backfill::app
