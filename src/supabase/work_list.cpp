#include "backfill/supabase/work_list.hpp"

#include "backfill/core/timestamp.hpp"
#include "backfill/http/endpoint.hpp"

#include "supabase/find_rows.hpp"
#include "supabase/keyset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <random>
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

} // namespace

std::string ConversationTable::has_id() const
{
    return column_name(id) + "=not.is.null";
}

WorkList::WorkList(Postgrest& postgrest, ConversationTable table, Selection selection)
    : postgrest_{postgrest},
      table_{std::move(table)},
      selection_{std::move(selection)},
      left_{selection_.limit.value_or(std::numeric_limits<std::size_t>::max())}
{
    if (selection_.only) {
        return;
    }
    auto const& [name, id, time] = table_;
    auto const has_id = table_.has_id();
    if (time.empty()) {
        passes_.emplace_back(postgrest_, KeyedRows{name, {id}, {0}, has_id},
            selection_.after ? std::vector{selection_.after->id} : std::vector<std::string>{});
        return;
    }
    auto const upper = bound("=lte.", selection_.created_to);
    KeyedRows const timed{
        name, {id, time}, {1, 0}, has_id + (upper.empty() ? "" : "&") + upper, bound("=gte.", selection_.created_from)};
    KeyedRows const without_time{name, {id, time}, {0}, has_id + "&" + column_name(time) + "=is.null"};
    auto const& after = selection_.after;
    if (after && after->created_time.empty()) {
        passes_.emplace_back(postgrest_, without_time, std::vector{after->id});
        return;
    }
    // The cursor's time stays verbatim: a shorter one would skip or repeat rows.
    passes_.emplace_back(
        postgrest_, timed, after ? std::vector{after->created_time, after->id} : std::vector<std::string>{});
    if (!has_dates()) {
        passes_.emplace_back(postgrest_, without_time);
        next_is_of_both_ = !after;
    }
}

WorkList::~WorkList() = default;

void WorkList::open(std::stop_token const& stop)
{
    if (selection_.only) {
        open_chosen(stop);
        return;
    }
    auto const count = selection_.shard.count > 1 ? RowCount{count_by_reading(stop)}
        : selection_.sample                       ? count_unread(stop) // before anything is drawn from a page
                                                  : read_and_count(stop);
    // A draw needs to know of how many.
    bool const is_enough = count.is_exact || !selection_.sample;
    matching_ = is_enough ? count.rows : count_by_reading(stop);
    is_estimate_ = is_enough && !count.is_exact;
    start_sample();
    fill(1, stop);
}

/// Reads all rows of a chosen list at once, in look-ups of bounded length: the list is in memory anyway.
void WorkList::open_chosen(std::stop_token const& stop)
{
    std::vector<Conversation> found;
    std::erase_if(*selection_.only, [this](auto const& id) { return !selection_.shard.contains(id); });
    auto const columns =
        table_.created_time.empty() ? std::vector{table_.id} : std::vector{table_.id, table_.created_time};
    std::unordered_set<ConversationId> known; // however often it is chosen, and in whatever spelling
    std::unordered_set<ConversationId> asked;
    for (auto& row : find_rows(postgrest_, table_.name, columns, *selection_.only, stop)) {
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
    if (has_dates()) {
        keep_dated(found, stop);
    }
    // Ties by id, as the database does; where its collation differs, nothing but the order of lines depends on it.
    std::sort(found.begin(), found.end(), [](auto const& a, auto const& b) {
        return std::pair{time_key(a.created_time), a.id} < std::pair{time_key(b.created_time), b.id};
    });
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

/// The database compares, as it does for the list: the column may be of type date, or hold `infinity`.
void WorkList::keep_dated(std::vector<Conversation>& found, std::stop_token const& stop)
{
    auto range = bound("=gte.", selection_.created_from);
    auto const upper = bound("=lte.", selection_.created_to);
    range += (range.empty() || upper.empty() ? "" : "&") + upper;
    // A look-up takes what cannot be compared for an id that is in no row.
    Query const trial{table_.name, fmt::format("select={}&limit=1&{}", column_name(table_.id), range), {},
        {table_.id, table_.created_time}};
    required(postgrest_.get(trial, stop), table_.name);
    std::vector<ConversationId> ids;
    std::ranges::transform(found, std::back_inserter(ids), &Conversation::id);
    std::unordered_set<ConversationId> dated;
    for (auto& row : find_rows(postgrest_, table_.name, {table_.id}, ids, stop, range)) {
        dated.insert(std::move(row.id));
    }
    std::erase_if(found, [&dated](auto const& conversation) { return !dated.contains(conversation.id); });
}

std::string WorkList::bound(char const* condition, std::string const& when) const
{
    return when.empty() ? std::string{} : column_name(table_.created_time) + condition + http::percent_encoded(when);
}

std::size_t WorkList::taken() const
{
    return std::min({matching_, selection_.limit.value_or(matching_), selection_.sample.value_or(matching_)});
}

void WorkList::start_sample()
{
    if (selection_.sample) {
        sample_.emplace(
            *selection_.sample, std::min(matching_, selection_.limit.value_or(matching_)), std::random_device{}());
    }
}

std::vector<Conversation> WorkList::next_batch(std::size_t size, std::stop_token const& stop)
{
    fill(size + 1, stop); // one more than asked for, so that at_end() is known with the last batch
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(size, waiting_.size()));
    std::vector<Conversation> batch{std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end)};
    waiting_.erase(waiting_.begin(), end);
    handed_out_ += batch.size();
    return batch;
}

void WorkList::fill(std::size_t wanted, std::stop_token const& stop)
{
    while (!passes_.empty() && waiting_.size() < wanted) {
        fetch_page(stop);
    }
}

bool WorkList::at_end() const
{
    return passes_.empty() && waiting_.empty();
}

std::size_t rows_without_id(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    return count_rows(postgrest, table.name, table.id, column_name(table.id) + "=is.null", stop).rows;
}

} // namespace backfill::supabase
