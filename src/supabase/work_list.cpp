#include "backfill/supabase/work_list.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/http/percent.hpp"

#include "backfill/core/printable.hpp"
#include "supabase/id_lists.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

/// Where a row stands in "oldest first, without a time last". PostgREST's own order holds within one request only.
long long time_key(std::string const& created_time)
{
    auto const time = parse_timestamp(created_time);
    return time ? time->microseconds : std::numeric_limits<long long>::max();
}

std::vector<Conversation> conversations(TextRows const& rows)
{
    std::vector<Conversation> list;
    list.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        list.push_back({std::string{rows[i][0]}, std::string{rows[i][1]}});
    }
    return list;
}

} // namespace

WorkList::WorkList(Postgrest& postgrest, std::string table, Selection selection)
    : postgrest_{postgrest},
      table_{std::move(table)},
      selection_{std::move(selection)},
      page_rows_{kPageRows},
      left_{selection_.limit.value_or(std::numeric_limits<std::size_t>::max())}
{
    if (selection_.after && !selection_.only) {
        cursor_ = selection_.after;
        pass_ = cursor_->created_time.empty() ? Pass::without_time : Pass::timed;
    }
}

void WorkList::open(std::stop_token const& stop)
{
    if (selection_.only) {
        open_chosen(stop);
        return;
    }
    matching_ = selection_.shard.count > 1 ? count_shard(stop) : count_rows(stop);
    start_sample();
    fill(1, stop);
}

std::size_t WorkList::count_rows(std::stop_token const& stop)
{
    if (!cursor_ && !has_dates()) {
        return count({}, stop); // both passes together
    }
    auto rows = count("&" + cursor_filter(), stop);
    if (pass_ == Pass::timed && !has_dates()) {
        rows += count("&created_time=is.null", stop);
    }
    return rows;
}

/// The database cannot tell which ids belong to a shard: the list is read twice, ids only in passing.
std::size_t WorkList::count_shard(std::stop_token const& stop)
{
    auto whole = selection_;
    whole.limit.reset();
    whole.sample.reset();
    WorkList list{postgrest_, table_, whole};
    while (!list.next_batch(kPageRows, stop).empty()) {}
    return list.handed_out();
}

/// A chosen list is in memory anyway: all its rows are read at once, in look-ups of bounded length.
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
        auto const last = std::find_if(found.begin(), found.end(),
            [this](auto const& conversation) { return conversation.id == selection_.after->id; });
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
    pass_ = Pass::done;
}

/// Looks up one list of ids. What an answer leaves out is asked for again until nothing comes: a row cap may be shorter
/// than the list. An id that the column's type refuses cannot be in the table; parting the list finds it.
void WorkList::find_chosen(
    std::vector<ConversationId> ids, std::vector<Conversation>& found, std::stop_token const& stop)
{
    while (!ids.empty()) {
        auto const list = id_lists(ids).front().text;
        Query const query{table_, "select=id,created_time&id=in.(" + list + ")&order=created_time.asc,id.asc", {},
            {"id", "created_time"}, ids.size() > 1 ? Divisible::yes : Divisible::no};
        auto answer = postgrest_.get(query, stop);
        if (answer.remedy != Remedy::none && ids.size() > 1) {
            auto const middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
            find_chosen({ids.begin(), middle}, found, stop);
            find_chosen({middle, ids.end()}, found, stop);
            return;
        }
        if (answer.remedy == Remedy::send_less) {
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
    while (pass_ != Pass::done && waiting_.size() < wanted) {
        fetch_page(stop);
    }
}

void WorkList::fetch_page(std::stop_token const& stop)
{
    auto const rows = selection_.shard.count > 1 && left_ > 0 ? page_rows_ : std::min(page_rows_, left_);
    std::string const order = pass_ == Pass::timed ? "created_time.asc,id.asc" : "id.asc";
    Query const query{table_,
        "select=id,created_time&order=" + order + "&limit=" + std::to_string(rows) + "&" + cursor_filter(), {},
        {"id", "created_time"}, rows > 1 ? Divisible::yes : Divisible::no};
    auto answer = rows == 0 ? Answer{} : postgrest_.get(query, stop);
    if (answer.remedy == Remedy::ask_for_less) {
        page_rows_ = rows / 2;
        return;
    }
    if (answer.remedy != Remedy::none) {
        throw FatalError{about(table_) + answer.failure + ". Check the types of its columns id and created_time."};
    }
    if (answer.rows.empty()) {
        pass_ = pass_ == Pass::timed && !has_dates() && rows > 0 ? Pass::without_time : Pass::done;
        cursor_.reset();
        return;
    }
    auto page = conversations(answer.rows);
    if (cursor_ && page.back().id == cursor_->id && page.back().created_time == cursor_->created_time) {
        throw FatalError{about(table_) + "the list of conversations does not move on: its pages end at "
            + printable(cursor_->id) + " again. Check that no proxy or cache ignores the query."};
    }
    cursor_ = page.back();
    auto const once = std::unique(page.begin(), page.end(), [](auto const& a, auto const& b) { return a.id == b.id; });
    repeated_ += static_cast<std::size_t>(page.end() - once);
    page.erase(once, page.end());
    std::erase_if(page, [this](auto const& conversation) { return !selection_.shard.contains(conversation.id); });
    page.resize(std::min(page.size(), left_));
    left_ -= page.size();
    draw(page);
    waiting_.insert(waiting_.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
}

std::size_t WorkList::count(std::string const& filter, std::stop_token const& stop)
{
    // GET with limit=0 and not HEAD: a HEAD answer has no error body.
    auto const answer = postgrest_.get({table_, "select=id&limit=0" + filter, "count=exact", {"id"}}, stop);
    if (answer.remedy != Remedy::none) {
        throw FatalError{about(table_) + answer.failure + ". Check the type of its column created_time."};
    }
    if (!answer.total) {
        throw FatalError{about(table_) + "the answer has no count, so nobody could tell whether the list is complete. "
            + "Check that no proxy strips the Content-Range header."};
    }
    return *answer.total;
}

std::string WorkList::timed_filter() const
{
    std::string filter;
    if (!selection_.created_from.empty()) {
        filter += "created_time=gte." + http::percent_encoded(selection_.created_from);
    }
    if (!selection_.created_to.empty()) {
        filter += (filter.empty() ? "" : "&") + std::string{"created_time=lte."}
            + http::percent_encoded(selection_.created_to);
    }
    return filter.empty() ? "created_time=not.is.null" : filter;
}

/// The rows after the last one read. Its time stands there verbatim: a shorter one would skip or repeat rows. Ids are
/// compared by the database only, whose collation is not known here.
std::string WorkList::cursor_filter() const
{
    if (pass_ == Pass::without_time) {
        return "created_time=is.null" + (cursor_ ? "&id=gt." + http::percent_encoded(cursor_->id) : std::string{});
    }
    if (!cursor_) {
        return timed_filter();
    }
    auto const time = http::percent_encoded(cursor_->created_time);
    auto const upper = selection_.created_to.empty()
        ? std::string{}
        : "&created_time=lte." + http::percent_encoded(selection_.created_to);
    return "created_time=gte." + time + upper + "&or=(created_time.gt." + time + ",id.gt." + list_value(cursor_->id)
        + ")";
}

} // namespace backfill::supabase
