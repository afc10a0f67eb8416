#include "supabase/conversation_sizes.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/http/endpoint.hpp"
#include "supabase/find_rows.hpp"
#include "supabase/keyset.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace backfill::supabase {
namespace {

constexpr std::size_t kListIds = 50;
constexpr std::size_t kWorthAPage = kListIds;

} // namespace

void MessageSizes::add(ConversationSize const& one)
{
    messages += one.messages;
    smallest = smallest && smallest->messages <= one.messages ? smallest : one;
    largest = largest && largest->messages >= one.messages ? largest : one;
}

Listed::Listed(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop)
    : postgrest_{postgrest}, table_{table}, stop_{stop}, brought_{kWorthAPage}
{
}

void Listed::meet(ConversationSize const& conversation)
{
    auto const& id = conversation.id;
    if (auto const rows = on_page(id); rows > 0) {
        ++brought_;
        add(conversation, rows);
    } else if (brought_ >= kWorthAPage) {
        read_from(id);
        brought_ = 0;
        if (auto const now = on_page(id); now > 0) {
            add(conversation, now);
        } else {
            wait_for(conversation);
        }
    } else {
        wait_for(conversation);
    }
}

std::size_t Listed::count()
{
    look_up();
    return count_;
}

bool Listed::may_be_spelt_otherwise() const
{
    if (!lacks_uuids_) {
        return false;
    }
    auto const id = column_name(table_.id);
    Query const upper_case{
        table_.name, "select=" + id + "&" + id + "=match.%5BA-F%5D&limit=1", {}, {table_.id}, Divisible::yes};
    try {
        auto const answer = postgrest_.get(upper_case, stop_);
        return answer.fault == Fault::smaller || !answer.rows.empty(); // too big a table to tell: then it is walked
    } catch (FatalError const&) {
        return false; // a column of type uuid has no such operator
    }
}

void Listed::add(ConversationSize const& conversation, std::size_t rows)
{
    count_ += rows;
    sizes_.add(conversation);
}

/// How many rows of the page have it.
std::size_t Listed::on_page(std::string const& id) const
{
    auto const rows = page_.find(id); // one that only folds alike may be another: the database is asked
    return rows == page_.end() ? 0 : rows->second;
}

void Listed::wait_for(ConversationSize const& conversation)
{
    waiting_.emplace(conversation.id, conversation.messages);
    if (waiting_.size() == kListIds) {
        look_up();
    }
}

void Listed::read_from(std::string const& id)
{
    Keyset rows{postgrest_,
        {table_.name, {table_.id}, {0}, table_.condition(),
            column_name(table_.id) + "=gte." + http::percent_encoded(id)}};
    auto const answer = rows.try_next(stop_, kPageRows, Divisible::no);
    page_.clear(); // also where the column's type refuses the id
    for (auto const& row : answer.rows) {
        ++page_[without_padding(row[0])];
    }
    if (!answer.rows.empty()) { // there may be more rows with it
        page_.erase(without_padding(answer.rows.back()[0]));
    }
}

void Listed::look_up()
{
    std::vector<std::string> ids;
    std::ranges::transform(waiting_, std::back_inserter(ids), [](auto const& one) { return one.first; });
    for (auto const& row : find_rows(postgrest_, table_.name, {table_.id}, ids, stop_, table_.condition())) {
        ++count_;
        if (auto const size = waiting_.extract(row.asked)) { // the first of several rows
            sizes_.add({size.key(), size.mapped()});
        }
    }
    lacks_uuids_ = lacks_uuids_ || std::ranges::any_of(waiting_, [](auto const& one) { return is_uuid(one.first); });
    waiting_.clear();
    brought_ = kWorthAPage; // a page is worth another try
}

bool WithMessages::has(std::string_view id)
{
    auto const found = messages_.find(folded(id));
    if (found == messages_.end()) {
        return false;
    }
    if (found->second > 0) { // the first row with it
        sizes_.add({std::string{id}, std::exchange(found->second, 0)});
    }
    return true;
}

} // namespace backfill::supabase
