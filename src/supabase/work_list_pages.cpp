// Reading a work list page by page, and counting it.

#include "backfill/supabase/id_spelling.hpp"
#include "backfill/supabase/work_list.hpp"

#include "supabase/keyset.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace backfill::supabase {
namespace {

constexpr std::size_t kMostPageEnds = 1000; // a request each, where the list came out shorter than it was counted

std::vector<Conversation> conversations(std::vector<KeyTexts> const& rows)
{
    std::vector<Conversation> list;
    list.reserve(rows.size());
    for (auto const& [id, created_time] : rows) {
        list.push_back({without_padding(id), std::string{created_time}});
    }
    return list;
}

} // namespace

/// The first page tells how many rows there are; where it holds all of its pass, the next one begins.
RowCount WorkList::read_and_count(std::stop_token const& stop)
{
    RowCount all;
    for (auto passes = passes_.size() + 1; !passes_.empty() && passes_.size() < passes && left_ > 0;) {
        passes = passes_.size();
        all.rows += fetch_page(stop);
    }
    for (auto const& pass : passes_) {
        auto const count = &pass == &passes_.front() && rows_ahead_ ? RowCount{*rows_ahead_}
            : ahead_is_of_both_ && rows_ahead_                      ? RowCount{}
                                               : count_rows(postgrest_, table_.name, table_.id, pass.rest(), stop);
        all = {all.rows + count.rows, all.is_exact && count.is_exact};
    }
    return all;
}

RowCount WorkList::count_unread(std::stop_token const& stop)
{
    if (!selection_.after && !has_dates()) {
        return count_rows(postgrest_, table_.name, table_.id, condition(), stop); // both passes together
    }
    RowCount all;
    for (auto const& pass : passes_) {
        auto const count = count_rows(postgrest_, table_.name, table_.id, pass.rest(), stop);
        all = {all.rows + count.rows, all.is_exact && count.is_exact};
    }
    return all;
}

/// The database cannot tell which ids belong to a shard.
std::size_t WorkList::count_by_reading(std::stop_token const& stop)
{
    auto whole = selection_;
    whole.limit.reset();
    whole.sample.reset();
    WorkList list{postgrest_, table_, whole};
    while (!list.next_batch(kPageRows, stop).empty()) {}
    return list.handed_out();
}

/// Asks for a count where the page may be the last: rows and count are of one moment, so that nothing lies behind them
/// if they are equal. An earlier count says nothing, as rows come and go.
Answer WorkList::read_page(std::size_t most, std::stop_token const& stop)
{
    auto& pass = passes_.front();
    if (pages_count_ && (!rows_ahead_ || *rows_ahead_ <= pass.page_rows())) {
        if (auto answer = pass.next_counted(stop, most)) {
            rows_ahead_ = *answer->total - std::min(*answer->total, answer->rows.size());
            return *std::move(answer);
        }
        pages_count_ = false;
        rows_ahead_.reset();
    }
    auto answer = pass.next(stop, most);
    answer.total.reset(); // was not asked for
    if (rows_ahead_) {
        *rows_ahead_ -= std::min(*rows_ahead_, answer.rows.size());
    }
    return answer;
}

void WorkList::end_pass()
{
    auto const page_rows = passes_.front().page_rows();
    passes_.pop_front();
    rows_ahead_.reset();
    if (!passes_.empty()) {
        passes_.front().set_page_rows(page_rows);
    }
}

/// The first page of all has no condition on the time: PostgreSQL puts rows without one last, so a small table takes
/// one request. In a larger one such a row may as well have an empty text: then the passes are read one by one.
Answer WorkList::read_first_page(std::size_t most, std::stop_token const& stop)
{
    next_is_of_both_ = false;
    auto answer = read_page(most, stop);
    bool const is_all = answer.rows.empty() || answer.total == answer.rows.size();
    if (!is_all && answer.rows.back().at(1).empty()) {
        passes_.front().restart(column_name(table_.created_time) + "=not.is.null");
        rows_ahead_.reset();
        return read_page(most, stop);
    }
    ahead_is_of_both_ = true;
    if (is_all) {
        passes_.pop_back();
    }
    return answer;
}

/// Returns how many rows came. After the last ones of a pass the next one is the first.
std::size_t WorkList::fetch_page(std::stop_token const& stop)
{
    auto const most = selection_.shard.count > 1 && left_ > 0 ? kPageRows : left_;
    ahead_is_of_both_ = false;
    auto const answer = most == 0 ? Answer{} : next_is_of_both_ ? read_first_page(most, stop) : read_page(most, stop);
    auto page = conversations(answer.rows);
    if (page.empty()) {
        end_pass();
        return 0;
    }
    auto const rows = page.size();
    ++pages_;
    if (most >= kPageRows && passes_.front().page_rows() == kPageRows) {
        longest_page_ = std::max(longest_page_, rows);
    }
    if (page_ends_.size() < kMostPageEnds) {
        auto const& last = page.back();
        auto const same = std::ranges::count_if(
            page, [&last](auto const& one) { return one.id == last.id && one.created_time == last.created_time; });
        page_ends_.emplace_back(last, static_cast<std::size_t>(same));
    }
    std::erase_if(page, [](auto const& conversation) { return conversation.id.empty(); });
    auto const once = std::unique(page.begin(), page.end(), [](auto const& a, auto const& b) { return a.id == b.id; });
    page.erase(once, page.end());
    repeated_ += rows - page.size();
    std::erase_if(page, [this](auto const& conversation) { return !selection_.shard.contains(conversation.id); });
    page.resize(std::min(page.size(), left_));
    left_ -= page.size();
    for (auto const& conversation : page) {
        read_.push_back(short_hash(conversation.id));
        last_ = conversation.id;
    }
    draw(page);
    waiting_.insert(waiting_.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
    if (answer.total == rows) {
        end_pass();
    }
    return rows;
}

} // namespace backfill::supabase
