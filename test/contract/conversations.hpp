#pragma once

#include "contract/session.hpp"

#include "backfill/supabase/work_list.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

/// Every character that means something to a URL, to PostgREST, or to its lists.
inline std::vector<std::string> const kOddIds{"a,b", "q\"uote", "back\\slash", "(paren)", "100%", "plus+plus",
    "with space", "Ümläut-日本-😀", "dot.dot", "colon:colon", "amp&amp=eq", "#hash?", "null", "*", " lead",
    "'apostrophe'", "in.(x)", "a%2Cb", "{brace}", "tab\ttab"};

inline std::vector<ConversationId> ids_of(std::vector<Conversation> const& rows)
{
    std::vector<ConversationId> ids;
    for (auto const& row : rows) {
        ids.push_back(row.id);
    }
    return ids;
}

/// Reads to the end in batches of that size; `between` is called after each.
template <typename Between>
std::vector<ConversationId> read_all(supabase::WorkList& work, Session& session, std::size_t batch, Between between)
{
    std::vector<ConversationId> ids;
    for (;;) {
        auto const rows = work.next_batch(batch, session.side.stop);
        if (rows.empty()) {
            return ids;
        }
        for (auto const& row : rows) {
            ids.push_back(row.id);
        }
        between();
    }
}

inline std::vector<ConversationId> read_all(Session& session, supabase::Selection selection, std::size_t batch = 50)
{
    supabase::WorkList work{session.side.postgrest, "Conversation", std::move(selection)};
    work.open(session.side.stop);
    return read_all(work, session, batch, [] {});
}

/// Seven ids per second of time: 7 does not divide 1000 nor 10, so that ties cross pages. The last `untimed` have no
/// time.
inline std::vector<Conversation> table_of(std::size_t count, std::size_t untimed)
{
    std::vector<Conversation> rows;
    for (std::size_t i = 0; i < count; ++i) {
        auto const second = i / 7;
        auto const time = "2025-01-01T" + numbered("", second / 3600, 2) + ":" + numbered("", second / 60 % 60, 2) + ":"
            + numbered("", second % 60, 2) + ".000001Z";
        rows.push_back({numbered("c", i), i + untimed < count ? time : ""});
    }
    return rows;
}

} // namespace backfill::test
