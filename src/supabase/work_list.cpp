#include "backfill/supabase/work_list.hpp"

#include "backfill/http/endpoint.hpp"

#include "supabase/keyset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <random>
#include <utility>

namespace backfill::supabase {
std::string ConversationTable::condition() const
{
    auto text = column_name(id) + "=not.is.null";
    for (auto const& filter : filters) {
        text += "&" + filter.query();
    }
    return text;
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
    auto const& name = table_.name;
    auto const& id = table_.id;
    auto const& time = table_.created_time;
    auto const rows = condition();
    if (time.empty()) {
        passes_.emplace_back(postgrest_, KeyedRows{name, {id}, {0}, rows},
            selection_.after ? std::vector{selection_.after->id} : std::vector<std::string>{});
        return;
    }
    auto const upper = bound("=lte.", selection_.created_to);
    KeyedRows const timed{
        name, {id, time}, {1, 0}, rows + (upper.empty() ? "" : "&") + upper, bound("=gte.", selection_.created_from)};
    KeyedRows const without_time{name, {id, time}, {0}, rows + "&" + column_name(time) + "=is.null"};
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
    open_again(stop); // before a page is read: those of the list come with it
    auto const count = selection_.shard.count > 1 ? RowCount{count_by_reading(stop)}
        : selection_.sample                       ? count_unread(stop) // before anything is drawn from a page
                                                  : read_and_count(stop);
    // A draw needs to know of how many.
    bool const is_enough = count.is_exact || !selection_.sample;
    matching_ = is_enough ? count.rows : count_by_reading(stop);
    is_estimate_ = is_enough && !count.is_exact;
    matching_ += again_.size();
    start_sample();
    fill(1, stop);
}

std::string WorkList::condition() const
{
    auto text = table_.condition();
    if (selection_.updated_since.empty()) {
        return text;
    }
    auto const updated = column_name(table_.updated_time);
    auto since = updated + ".gte." + list_value(selection_.updated_since);
    if (!selection_.updated_before.empty()) {
        since = fmt::format("and({},{}.lt.{})", since, updated, list_value(selection_.updated_before));
    }
    return text + fmt::format("&or=({},{}.is.null)", since, updated);
}

bool WorkList::is_whole_table() const
{
    return table_.filters.empty() && !has_dates() && !selection_.only && selection_.shard.count == 1
        && !selection_.after && selection_.updated_since.empty();
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
    if (passes_.empty()) {
        again_.resize(std::min(again_.size(), left_));
        left_ -= again_.size();
        draw(again_);
        waiting_.insert(waiting_.end(), std::make_move_iterator(again_.begin()), std::make_move_iterator(again_.end()));
        again_.clear();
    }
}

bool WorkList::at_end() const
{
    return passes_.empty() && waiting_.empty();
}

std::size_t rows_never_updated(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    auto const condition = table.condition() + "&" + column_name(table.updated_time) + "=is.null";
    return count_rows(postgrest, table.name, table.id, condition, stop).rows;
}

std::size_t rows_without_id(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
{
    return count_rows(postgrest, table.name, table.id, column_name(table.id) + "=is.null", stop).rows;
}

} // namespace backfill::supabase
