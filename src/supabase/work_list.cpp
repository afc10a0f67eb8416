#include "backfill/supabase/work_list.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/http/endpoint.hpp"

#include "supabase/keyset.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

/// Orders rows "oldest first, without a time last" across requests; PostgREST does so within one only.
long long time_key(std::string const& created_time)
{
    auto const time = parse_timestamp(created_time);
    return time ? time->microseconds : std::numeric_limits<long long>::max();
}

std::vector<Conversation> conversations(std::vector<KeyTexts> const& rows)
{
    std::vector<Conversation> list;
    list.reserve(rows.size());
    for (auto const& [id, created_time] : rows) {
        list.push_back({std::string{id}, std::string{created_time}});
    }
    return list;
}

} // namespace

WorkList::WorkList(Postgrest& postgrest, std::string table, Selection selection)
    : postgrest_{postgrest},
      table_{std::move(table)},
      selection_{std::move(selection)},
      left_{selection_.limit.value_or(std::numeric_limits<std::size_t>::max())}
{
    if (selection_.only) {
        return;
    }
    auto const bound = [](char const* condition, std::string const& time) {
        return time.empty() ? std::string{} : condition + http::percent_encoded(time);
    };
    KeyedRows const timed{table_, {"id", "created_time"}, {1, 0}, bound("created_time=lte.", selection_.created_to),
        has_dates() ? bound("created_time=gte.", selection_.created_from) : "created_time=not.is.null"};
    KeyedRows const without_time{table_, {"id", "created_time"}, {0}, "created_time=is.null"};
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
    }
}

WorkList::~WorkList() = default;

void WorkList::open(std::stop_token const& stop)
{
    if (selection_.only) {
        open_chosen(stop);
        return;
    }
    matching_ = selection_.shard.count > 1 ? count_shard(stop) : count_unread(stop);
    start_sample();
    fill(1, stop);
}

std::size_t WorkList::count_unread(std::stop_token const& stop)
{
    if (!selection_.after && !has_dates()) {
        return count_rows(postgrest_, table_, "id", {}, stop); // both passes together
    }
    std::size_t rows = 0;
    for (auto const& pass : passes_) {
        rows += count_rows(postgrest_, table_, "id", pass.rest(), stop);
    }
    return rows;
}

/// Reads the whole list: the database cannot tell which ids belong to a shard.
std::size_t WorkList::count_shard(std::stop_token const& stop)
{
    auto whole = selection_;
    whole.limit.reset();
    whole.sample.reset();
    WorkList list{postgrest_, table_, whole};
    while (!list.next_batch(kPageRows, stop).empty()) {}
    return list.handed_out();
}

/// Reads all rows of a chosen list at once, in look-ups of bounded length: the list is in memory anyway.
void WorkList::open_chosen(std::stop_token const& stop)
{
    std::vector<Conversation> found;
    std::erase_if(*selection_.only, [this](auto const& id) { return !selection_.shard.contains(id); });
    for (auto const& list : id_lists(*selection_.only)) {
        find_chosen(list.ids, found, stop);
    }
    std::unordered_set<ConversationId> known;
    std::erase_if(found, [&known](auto const& conversation) { return !known.insert(conversation.id).second; });
    for (auto const& id : *selection_.only) {
        if (known.insert(id).second) {
            missing_.push_back(id);
        }
    }
    if (has_dates()) {
        auto const from =
            selection_.created_from.empty() ? std::numeric_limits<long long>::min() : time_key(selection_.created_from);
        auto const to =
            selection_.created_to.empty() ? std::numeric_limits<long long>::max() - 1 : time_key(selection_.created_to);
        std::erase_if(found, [&](auto const& conversation) {
            auto const key = time_key(conversation.created_time);
            return key < from || key > to;
        });
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

/// Looks up one list of ids. Asks again for those an answer leaves out until none come: a row cap may be shorter than
/// the list. An id that the column's type refuses cannot be in the table; parting the list finds it.
void WorkList::find_chosen(
    std::vector<ConversationId> ids, std::vector<Conversation>& found, std::stop_token const& stop)
{
    while (!ids.empty()) {
        auto const list = id_lists(ids).front().text;
        Query const query{table_, "select=id,created_time&id=in.(" + list + ")&order=created_time.asc,id.asc", {},
            {"id", "created_time"}, ids.size() > 1 ? Divisible::yes : Divisible::no};
        auto answer = postgrest_.get(query, stop);
        if (answer.fault != Fault::none && ids.size() > 1) {
            auto const middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
            find_chosen({ids.begin(), middle}, found, stop);
            find_chosen({middle, ids.end()}, found, stop);
            return;
        }
        if (answer.fault == Fault::too_long) {
            throw FatalError{about(table_) + answer.failure + " for the id " + printable(ids.front()) + "."};
        }
        std::unordered_set<ConversationId> came;
        for (auto& conversation : conversations(answer.rows)) {
            came.insert(conversation.id);
            found.push_back(std::move(conversation));
        }
        if (std::erase_if(ids, [&came](auto const& id) { return came.contains(id); }) == 0) {
            return;
        }
    }
}

std::size_t WorkList::taken() const
{
    return std::min({matching_, selection_.limit.value_or(matching_), selection_.sample.value_or(matching_)});
}

std::size_t WorkList::unread(std::stop_token const& stop)
{
    if (selection_.only || selection_.sample || handed_out_ + repeated_ >= taken()) {
        return 0;
    }
    WorkList now{postgrest_, table_, selection_};
    now.open(stop);
    auto const taken_now = std::min(now.taken(), taken());
    return taken_now - std::min(taken_now, handed_out_ + repeated_);
}

void WorkList::start_sample()
{
    if (selection_.sample) {
        sample_.emplace(
            *selection_.sample, std::min(matching_, selection_.limit.value_or(matching_)), std::random_device{}());
    }
}

template <typename Item>
void WorkList::draw(std::vector<Item>& items)
{
    std::erase_if(items, [this](auto const&) { return sample_ && !sample_->draws(); });
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

void WorkList::fetch_page(std::stop_token const& stop)
{
    auto const most = selection_.shard.count > 1 && left_ > 0 ? kPageRows : left_;
    auto page = most == 0 ? std::vector<Conversation>{} : conversations(passes_.front().next(stop, most).rows);
    if (page.empty()) {
        auto const page_rows = passes_.front().page_rows();
        passes_.pop_front();
        if (!passes_.empty()) {
            passes_.front().set_page_rows(page_rows);
        }
        return;
    }
    auto const once = std::unique(page.begin(), page.end(), [](auto const& a, auto const& b) { return a.id == b.id; });
    repeated_ += static_cast<std::size_t>(page.end() - once);
    page.erase(once, page.end());
    std::erase_if(page, [this](auto const& conversation) { return !selection_.shard.contains(conversation.id); });
    page.resize(std::min(page.size(), left_));
    left_ -= page.size();
    draw(page);
    waiting_.insert(waiting_.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
}

} // namespace backfill::supabase
