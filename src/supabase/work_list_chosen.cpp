// Conversations that are asked for by their ids.

#include "backfill/supabase/work_list.hpp"

#include "backfill/core/timestamp.hpp"

#include "supabase/find_rows.hpp"
#include "supabase/keyset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

/// Orders rows "oldest first, without a time last" across requests; PostgREST does so within one only.
long long time_key(std::string const& created_time)
{
    auto time = parse_timestamp(created_time);
    if (!time) {
        time = parse_timestamp(created_time + "T00:00:00Z"); // of a column of type date
    }
    return time ? time->microseconds : std::numeric_limits<long long>::max();
}

/// Ties by id, as the database does; where its collation differs, nothing but the order of lines depends on it.
void sort_by_time(std::vector<Conversation>& conversations)
{
    std::ranges::sort(conversations, [](auto const& a, auto const& b) {
        return std::pair{time_key(a.created_time), a.id} < std::pair{time_key(b.created_time), b.id};
    });
}

std::vector<std::string> columns_of(ConversationTable const& table)
{
    return table.created_time.empty() ? std::vector{table.id} : std::vector{table.id, table.created_time};
}

std::vector<ConversationId> ids_of(std::vector<Conversation> const& conversations)
{
    std::vector<ConversationId> ids;
    std::ranges::transform(conversations, std::back_inserter(ids), &Conversation::id);
    return ids;
}

} // namespace

/// Reads all rows of a chosen list at once, in look-ups of bounded length: the list is in memory anyway.
void WorkList::open_chosen(std::stop_token const& stop)
{
    std::vector<Conversation> found;
    std::erase_if(*selection_.only, [this](auto const& id) { return !selection_.shard.contains(id); });
    std::unordered_set<ConversationId> known; // however often it is chosen, and in whatever spelling
    std::unordered_set<ConversationId> asked;
    for (auto& row : find_rows(postgrest_, table_.name, columns_of(table_), *selection_.only, stop)) {
        asked.insert(std::move(row.asked));
        if (known.insert(row.id).second) {
            found.push_back({std::move(row.id), std::move(row.value)});
        }
    }
    for (auto const& id : *selection_.only) {
        if (asked.insert(id).second) {
            missing_.push_back(id);
        }
    }
    bool const is_bounded = has_dates() || !table_.filters.empty() || !selection_.updated_since.empty();
    if (is_bounded) {
        keep_meeting(found, condition() + range(), stop);
    }
    sort_by_time(found);
    if (selection_.after) {
        auto const last = std::ranges::find(found, selection_.after->id, &Conversation::id);
        found.erase(found.begin(), last == found.end() ? found.begin() : last + 1);
    }
    matching_ = found.size() + missing_.size();
    auto const limit = selection_.limit.value_or(matching_);
    found.resize(std::min(found.size(), limit));
    missing_.resize(std::min(missing_.size(), limit - found.size()));
    start_sample();
    draw(found);
    draw(missing_);
    waiting_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

/// Those that are in what is still to be read of the list come with it.
void WorkList::open_again(std::stop_token const& stop)
{
    auto const& ids = selection_.again;
    if (ids.empty()) {
        return;
    }
    std::unordered_set<ConversationId> there;
    for (auto& row : find_rows(postgrest_, table_.name, columns_of(table_), ids, stop, table_.condition() + range())) {
        if (there.insert(std::move(row.asked)).second) {
            again_.push_back({std::move(row.id), std::move(row.value), true});
        }
    }
    std::ranges::copy_if(ids, std::back_inserter(gone_), [&there](auto const& id) { return !there.contains(id); });
    for (auto const& pass : passes_) {
        std::unordered_set<ConversationId> listed;
        for (auto& row : find_rows(postgrest_, table_.name, {table_.id}, ids_of(again_), stop, pass.rest())) {
            listed.insert(std::move(row.id));
        }
        std::erase_if(again_, [&listed](auto const& one) { return listed.contains(one.id); });
    }
    std::erase_if(again_, [this](auto const& one) { return !selection_.shard.contains(one.id); });
    sort_by_time(again_);
}

/// The database compares, as it does for the list: a column may be of type date, or hold `infinity`.
void WorkList::keep_meeting(
    std::vector<Conversation>& found, std::string const& condition, std::stop_token const& stop) const
{
    // A look-up takes what cannot be compared for an id that is in no row.
    Query const trial{
        table_.name, fmt::format("select={}&limit=1&{}", column_name(table_.id), condition), {}, columns_of(table_)};
    required(postgrest_.get(trial, stop), table_.name);
    std::unordered_set<ConversationId> meeting;
    for (auto& row : find_rows(postgrest_, table_.name, {table_.id}, ids_of(found), stop, condition)) {
        meeting.insert(std::move(row.id));
    }
    std::erase_if(found, [&meeting](auto const& conversation) { return !meeting.contains(conversation.id); });
}

std::string WorkList::range() const
{
    std::string text;
    for (auto const& end : {bound("=gte.", selection_.created_from), bound("=lte.", selection_.created_to)}) {
        text += (end.empty() ? "" : "&") + end;
    }
    return text;
}

} // namespace backfill::supabase
