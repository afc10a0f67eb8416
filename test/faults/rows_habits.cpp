// Supabase that answers well, but with other rows than were asked for; and conversation tables as no one expects them.

#include "faults/ground.hpp"
#include "faults/row.hpp"

#include "support/fault_proxy.hpp"
#include "support/psql.hpp"

namespace backfill::test {
namespace {

using enum FaultKind;

Row row(std::string fault, std::string where, std::vector<int> codes, std::string said, Fault strike)
{
    Row made{std::move(fault), std::move(where), std::move(codes), std::move(said), strike};
    made.before = insert_rows(3); // or there would be nothing to look up
    return made;
}

/// A server that ignores the cursor gives the same page for ever. Once is another matter: it may do no harm.
std::vector<Row> pages()
{
    Fault const for_ever{.after = 1, .times = kAlways, .kind = page_before};
    Fault const once{.after = 1, .kind = page_before};
    Fault const short_for_ever{.times = kAlways, .kind = page_before, .size = 5}; // else the first page is the last
    Fault const short_once{.times = 2, .kind = page_before, .size = 5};
    auto const clamped = [](std::size_t rows) { return Fault{.times = kAlways, .kind = clamp, .size = rows}; };
    return {
        row("the same page for ever", place::kWorkList, {1}, "", short_for_ever),
        row("the same page for ever", place::kStoredIds, {1, 3}, "", for_ever),
        row("the page before again", place::kWorkList, {0, 1, 3}, "", short_once),
        row("the page before again", place::kStoredIds, {0, 1, 3}, "", once),
        row("never more than 1 row", place::kWorkList, {0}, "", clamped(1)),
        row("never more than 5 rows", place::kWorkList, {0}, "", clamped(5)),
        row("never more than 1 row", place::kStoredIds, {0}, "", clamped(1)),
        row("never more than 7 rows", place::kStoredIds, {0}, "", clamped(7)),
    };
}

std::vector<Row> odd_rows()
{
    Fault const utf8{.kind = invalid_utf8};
    auto const deep = [](std::size_t levels) { return Fault{.kind = deep_nesting, .size = levels}; };
    return {
        row("broken UTF-8", place::kPreflight, {0}, "", utf8),
        row("broken UTF-8", place::kWorkList, {0}, "", utf8),
        row("broken UTF-8", place::kStoredIds, {0}, "", utf8),
        row("broken UTF-8", place::kUpsert, {0}, "", utf8),
        row("lone surrogate", place::kWorkList, {0}, "", Fault{.kind = lone_surrogate}),
        row("huge integer", place::kStoredIds, {0}, "", Fault{.kind = huge_integer}),
        row("nested 128 deep", place::kWorkList, {0}, kSupabaseRetried, deep(128)),
        row("nested 128 deep", place::kStoredIds, {0}, kSupabaseRetried, deep(128)),
        row("nested 128 deep", place::kUpsert, {0}, kSupabaseRetried, deep(128)),
        row("nested 100 deep", place::kWorkList, {0}, "", deep(100)),
    };
}

/// A view in which the conversations of many and of a few messages stand twice: next to each other when `apart` is an
/// interval of nothing, else in two batches.
Row twice_in_the_list(std::string fault, std::string const& apart)
{
    Row made{std::move(fault), place::kStart, {0, 3}, ""};
    made.before = R"(create view "Conversation_twice" as select id, created_time from "Conversation" union all )"
                  R"(select id, created_time + interval ')"
        + apart + R"(' from "Conversation" where id in ()" + sql_quoted(ground().longest()) + ", "
        + sql_quoted(ground().small()) + ")";
    made.after = R"(drop view "Conversation_twice")";
    made.settings = {{"CONVERSATION_TABLE", "Conversation_twice"}};
    return made;
}

} // namespace

std::vector<Row> habit_rows()
{
    auto rows = pages();
    auto const more = odd_rows();
    rows.insert(rows.end(), more.begin(), more.end());
    rows.push_back(twice_in_the_list("two conversations twice in the list", "0"));
    rows.push_back(twice_in_the_list("the same, in other batches", "-20 years"));
    rows.push_back(twice_in_the_list("the same, many at once", "0"));
    rows.back().settings.insert({{"CONCURRENCY", "8"}, {"BATCH_SIZE", "50"}});
    return rows;
}

} // namespace backfill::test
