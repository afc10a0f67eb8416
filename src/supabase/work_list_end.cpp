// Whether the list missed a row: the table may change while it is read.

#include "backfill/http/endpoint.hpp"
#include "backfill/supabase/work_list.hpp"

#include "supabase/keyset.hpp"

#include <algorithm>
#include <utility>

namespace backfill::supabase {

std::size_t WorkList::unread(std::stop_token const& stop)
{
    if (selection_.only || selection_.sample) {
        return 0;
    }
    if (handed_out_ + repeated_ < taken()) {
        count_split_repeats(stop);
    }
    auto without_changes = selection_;
    without_changes.updated_before = selection_.next_updated_since;
    WorkList now{postgrest_, table_, without_changes};
    now.pages_count_ = pages_count_;
    if (pages_ < 2) {
        if (handed_out_ + repeated_ >= taken() || is_estimate_) {
            return 0;
        }
        now.open(stop);
        auto const taken_now = now.is_estimate() ? 0 : std::min(now.taken(), taken());
        return taken_now - std::min(taken_now, handed_out_ + repeated_);
    }
    std::ranges::sort(read_);
    std::size_t unread = 0;
    for (auto page = now.next_batch(kPageRows, stop); !page.empty(); page = now.next_batch(kPageRows, stop)) {
        for (auto const& conversation : page) {
            unread += std::ranges::binary_search(read_, short_hash(conversation.id)) ? 0 : 1;
            if (conversation.id == last_) { // what comes behind has come since
                return unread;
            }
        }
    }
    return unread;
}

std::optional<IdSketch> WorkList::ids_before(std::stop_token const& stop) const
{
    // Changes bring rows in there all the time: the next run meets them.
    bool const cannot_tell =
        selection_.only || selection_.sample || selection_.shard.count > 1 || !selection_.updated_since.empty();
    if (!selection_.after || cannot_tell) {
        return std::nullopt;
    }
    auto whole = selection_;
    whole.after.reset();
    auto const rest = WorkList{postgrest_, table_, selection_}.count_unread(stop);
    auto const all = WorkList{postgrest_, table_, whole}.count_unread(stop);
    if (!all.is_exact || !rest.is_exact) {
        return std::nullopt;
    }
    IdSketch ids;
    whole.limit = all.rows - std::min(all.rows, rest.rows);
    WorkList before{postgrest_, table_, whole};
    for (auto page = before.next_batch(kPageRows, stop); !page.empty(); page = before.next_batch(kPageRows, stop)) {
        for (auto const& conversation : page) {
            ids.add(conversation.id);
            if (conversation.id == selection_.after->id) { // a row that was deleted a moment ago was counted
                return ids;
            }
        }
    }
    return ids;
}

/// The next page begins behind the key of the last row: further rows with that key are on neither page.
void WorkList::count_split_repeats(std::stop_token const& stop)
{
    for (auto const& [last, seen] : std::exchange(page_ends_, {})) {
        auto filter = column_name(table_.id) + "=eq." + http::percent_encoded(last.id);
        if (!table_.created_time.empty()) {
            filter += '&' + column_name(table_.created_time)
                + (last.created_time.empty() ? "=is.null" : "=eq." + http::percent_encoded(last.created_time));
        }
        auto const rows = count_rows(postgrest_, table_.name, table_.id, filter, stop).rows;
        repeated_ += rows - std::min(rows, seen);
    }
}

} // namespace backfill::supabase
