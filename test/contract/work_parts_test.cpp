// Parts of the work list: shards, and what is left after a stopped run.

#include "contract/conversations.hpp"
#include "contract/session.hpp"

#include "backfill/supabase/work_list.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Selection;
using supabase::WorkList;

std::vector<std::string> all_of(Backend& backend, Selection const& selection)
{
    Session session{backend};
    WorkList work{session.side.postgrest, "Conversation", selection};
    work.open(session.side.stop);
    auto ids = read_all(work, session, 30, [] {});
    CHECK(work.taken() == ids.size());
    return ids;
}

TEST_CASE("Shards are disjoint and complete, each in the order of the whole list")
{
    auto const backend = any_backend();
    auto const rows = table_of(1300, 1100);
    backend->add_conversations(rows);
    auto const ids = ids_of(rows);
    std::size_t together = 0;
    for (std::size_t index = 0; index < 3; ++index) {
        Selection selection;
        selection.shard = {index, 3};
        auto const part = all_of(*backend, selection);
        std::vector<std::string> expected;
        std::copy_if(ids.begin(), ids.end(), std::back_inserter(expected),
            [&](auto const& id) { return selection.shard.contains(id); });
        CHECK(part == expected);
        together += part.size();
        selection.limit = 50;
        expected.resize(50);
        CHECK(all_of(*backend, selection) == expected);
        Session session{*backend};
        WorkList few{session.side.postgrest, "Conversation", selection};
        few.open(session.side.stop);
        CHECK(few.matching() == part.size()); // of which the limit takes fifty
        auto const asked = session.requests();
        CHECK(read_all(few, session, 30, [] {}).size() == 50);
        CHECK(session.requests() == asked); // a page holds them
        selection.limit.reset();
        selection.only = {ids[0], ids[1], ids[2], "nowhere"};
        WorkList chosen{session.side.postgrest, "Conversation", selection};
        chosen.open(session.side.stop);
        CHECK(chosen.missing().size() == (selection.shard.contains("nowhere") ? 1 : 0));
    }
    CHECK(together == rows.size());
}

TEST_CASE("The rest after any row is what comes after it in the whole list")
{
    auto const backend = any_backend();
    auto const rows = table_of(60, 20);
    backend->add_conversations(rows);
    auto const ids = ids_of(rows);
    Session session{*backend};
    WorkList whole{session.side.postgrest, "Conversation", {}};
    whole.open(session.side.stop);
    auto const listed = whole.next_batch(rows.size(), session.side.stop); // with the times as the server spells them
    for (std::size_t const last : {0U, 7U, 19U, 40U, 58U, 59U}) {
        CAPTURE(last);
        std::vector<std::string> const rest{ids.begin() + static_cast<std::ptrdiff_t>(last) + 1, ids.end()};
        Selection selection;
        selection.after = listed[last];
        CHECK(all_of(*backend, selection) == rest);
        selection.only = ids;
        CHECK(all_of(*backend, selection) == rest);
    }
}

} // namespace
} // namespace backfill::test
