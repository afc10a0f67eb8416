#include "supabase/keyset.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/http/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backfill::supabase {
namespace {

constexpr auto* kCountExact = "count=exact";

/// The size of a percent-encoded value in the echo, where PostgREST takes each byte beyond ASCII for a Latin-1 letter
/// and encodes it as two.
std::size_t echoed_size(std::string_view encoded)
{
    auto size = encoded.size();
    for (std::size_t at = encoded.find('%'); at != std::string_view::npos; at = encoded.find('%', at + 1)) {
        size += encoded.at(at + 1) >= '8' ? 3 : 0;
    }
    return size;
}

FatalError without_count(std::string const& table)
{
    return FatalError{about(table) + "the answer has no count, so nobody could tell whether all rows were read",
        "Check that no proxy strips the Content-Range header."};
}

} // namespace

Keyset::Keyset(Postgrest& postgrest, KeyedRows rows, std::vector<std::string> last)
    : postgrest_{postgrest}, rows_{std::move(rows)}, last_{std::move(last)}
{
}

Answer Keyset::next(std::stop_token const& stop, std::size_t most)
{
    return expected(try_next(stop, most, Divisible::no));
}

std::optional<Answer> Keyset::next_counted(std::stop_token const& stop, std::size_t most)
{
    auto answer = ask(stop, std::min(page_rows_, most), kCountExact, Divisible::yes);
    if (answer.fault == Fault::smaller) {
        return std::nullopt;
    }
    answer = expected(std::move(answer));
    if (!answer.total) {
        throw without_count(rows_.table);
    }
    return answer;
}

Answer Keyset::expected(Answer answer) const
{
    if (answer.fault != Fault::none) {
        throw FatalError{about(rows_.table) + answer.failure,
            "Check the type of its column " + printable(rows_.columns[rows_.key[0]]) + "."};
    }
    return answer;
}

Answer Keyset::try_next(std::stop_token const& stop, std::size_t most, Divisible filter)
{
    for (;;) {
        auto const rows = std::min(page_rows_, most);
        auto answer = ask(stop, rows, "", rows > 1 ? Divisible::yes : filter);
        if (answer.fault != Fault::smaller || filter != Divisible::no) {
            return answer;
        }
        page_rows_ = rows / 2;
    }
}

/// One request for the rows behind the last one that was read.
Answer Keyset::ask(std::stop_token const& stop, std::size_t rows, char const* prefer, Divisible divisible)
{
    std::string select;
    for (auto const& column : rows_.columns) {
        select += (select.empty() ? "" : ",") + column_name(column);
    }
    std::string order;
    for (auto const part : rows_.key) {
        order += (order.empty() ? "" : ",") + column_name(rows_.columns[part]) + ".asc";
    }
    auto const filtered = rows_.filter.empty() ? "" : "&" + rows_.filter;
    auto const after = cursor().empty() ? "" : "&" + cursor();
    auto answer = postgrest_.get(
        {rows_.table, fmt::format("select={}{}&order={}&limit={}{}", select, filtered, order, rows, after), prefer,
            rows_.columns, divisible},
        stop);
    if (!answer.rows.empty()) {
        std::vector<std::string> last;
        for (auto const part : rows_.key) {
            last.emplace_back(answer.rows.back().at(part));
        }
        if (last == last_) {
            throw FatalError{about(rows_.table) + "its pages do not move on: two of them end at the same row",
                "Check that no proxy or cache ignores the query."};
        }
        last_ = std::move(last);
    }
    return answer;
}

void Keyset::restart(std::string start)
{
    last_.clear();
    rows_.start = std::move(start);
}

std::string Keyset::rest() const
{
    auto const after = cursor();
    return rows_.filter + (rows_.filter.empty() || after.empty() ? "" : "&") + after;
}

std::string Keyset::cursor() const
{
    if (last_.empty()) {
        return rows_.start;
    }
    auto const first = column_name(rows_.columns[rows_.key[0]]);
    auto const value = http::percent_encoded(last_[0]);
    if (rows_.key.size() == 1) {
        return first + "=gt." + value;
    }
    // Two conditions, of which the first can use an index: a plain `or` of both cases reads four times as long.
    return fmt::format("{0}=gte.{1}&or=({0}.gt.{2},{3}.gt.{4})", first, value, list_value(last_[0]),
        column_name(rows_.columns[rows_.key[1]]), list_value(last_[1]));
}

std::vector<IdList> id_lists(std::span<ConversationId const> ids, std::size_t taken)
{
    constexpr std::size_t kIds = 50;
    constexpr std::size_t kBytes = 2800; // the echo shares a proxy's 4 kB for all headers with some 700 bytes of others
    constexpr std::size_t kSeparator = 3; // echoed as %2C
    auto const most = kBytes - std::min(taken, kBytes);
    std::vector<IdList> lists;
    std::size_t echoed = 0;
    for (auto const& id : ids) {
        auto const value = list_value(id);
        auto const size = echoed_size(value) + kSeparator;
        if (lists.empty() || lists.back().ids.size() == kIds || echoed + size > most) {
            lists.emplace_back();
            echoed = 0;
        }
        echoed += size;
        auto& list = lists.back();
        list.text += list.ids.empty() ? "" : ",";
        list.text += value;
        list.ids.push_back(id);
    }
    return lists;
}

Answer get_counted(Postgrest& postgrest, Query query, std::stop_token const& stop)
{
    constexpr auto* kStatementTimeout = "57014"; // the next try would end like this one; a gateway's may not
    query.divisible = Divisible::yes;
    query.prefer = kCountExact;
    auto answer = postgrest.get(query, stop);
    if (answer.fault == Fault::smaller && answer.code != kStatementTimeout) {
        answer = postgrest.get(query, stop);
    }
    answer.total_is_exact = answer.fault != Fault::smaller;
    for (auto const* prefer : {"count=planned", ""}) {
        if (answer.fault == Fault::smaller) {
            query.prefer = prefer;
            answer = postgrest.get(query, stop);
            answer.total_is_exact = false;
        }
    }
    return required(std::move(answer), query.table);
}

RowCount count_rows(Postgrest& postgrest, std::string const& table, std::string const& column,
    std::string const& condition, std::stop_token const& stop)
{
    // GET with limit=0 and not HEAD: a HEAD answer has no error body.
    auto parameters = "select=" + column_name(column) + "&limit=0" + (condition.empty() ? "" : "&") + condition;
    auto const answer = get_counted(postgrest, {table, std::move(parameters), {}, {column}}, stop);
    if (!answer.total && answer.total_is_exact) {
        throw without_count(table);
    }
    return {answer.total.value_or(0), answer.total_is_exact};
}

} // namespace backfill::supabase
