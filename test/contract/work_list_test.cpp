// Which conversations a run works on, however many, whatever they are called, while the table changes.

#include "contract/conversations.hpp"
#include "contract/session.hpp"

#include "backfill/supabase/work_list.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::WorkList;

TEST_CASE("The work list has every row past the cap once, in order, with ties and rows without a time last")
{
    auto const backend = any_backend();
    auto const rows = table_of(2500, 1100);
    auto shuffled = rows;
    std::ranges::reverse(shuffled);
    backend->add_conversations(shuffled);
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation", {}};
    work.open(session.side.stop);
    CHECK(work.matching() == 2500);
    CHECK(work.taken() == 2500);
    CHECK(work.missing().empty());
    CHECK(read_all(work, session, 70, [] {}) == ids_of(rows));
    CHECK(work.at_end());
    CHECK(work.handed_out() == 2500);
    CHECK(session.requests() <= 2 + 3 + 3); // two counts; pages of both passes with their empty last ones
}

TEST_CASE("A batch has the size asked for, and the end is known with the last one")
{
    auto const backend = any_backend();
    backend->add_conversations(table_of(10, 3));
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation", {}};
    work.open(session.side.stop);
    CHECK(work.next_batch(5, session.side.stop).size() == 5);
    CHECK_FALSE(work.at_end());
    CHECK(work.next_batch(5, session.side.stop).size() == 5);
    CHECK(work.at_end());
    CHECK(work.next_batch(5, session.side.stop).empty());
}

TEST_CASE("A server that gives ten rows at a time gives all of them")
{
    auto const backend = any_backend(Server::low_cap);
    auto const rows = table_of(47, 23);
    backend->add_conversations(rows);
    Session session{*backend};
    CHECK(read_all(session, {}) == ids_of(rows));
}

TEST_CASE("An empty table gives an empty work list")
{
    auto const backend = any_backend();
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation", {}};
    work.open(session.side.stop);
    CHECK(work.taken() == 0);
    CHECK(work.next_batch(50, session.side.stop).empty());
    CHECK(work.at_end());
}

TEST_CASE("Every odd id can be the cursor, with and without a time")
{
    auto const backend = any_backend();
    auto const timed = GENERATE(true, false);
    std::vector<Conversation> rows;
    for (auto const& id : kOddIds) {
        rows.push_back({id, timed ? "2025-01-01T00:00:00.123456Z" : ""});
    }
    backend->add_conversations(rows);
    Session session{*backend};
    std::set<std::string> const all{kOddIds.begin(), kOddIds.end()};
    session.meddle = [](http::Request& request) {
        auto const at = request.target.find("limit=1000");
        if (at != std::string::npos) {
            request.target.replace(at, 10, "limit=1");
        }
    };
    CHECK(read_all(session, {}) == std::vector<std::string>{all.begin(), all.end()});
    CHECK(session.requests() > kOddIds.size());
}

TEST_CASE("Date bounds are inclusive to the microsecond, and rows without a time are out of range")
{
    auto const backend = any_backend();
    backend->add_conversations(
        {{"1", "2025-03-01T00:00:00.000000Z"}, {"2", "2025-03-01T00:00:00.000001Z"}, {"3", "2025-03-01T12:00:00+02:00"},
            {"4", "2025-03-01T23:59:59.999999Z"}, {"5", "2025-03-02T00:00:00Z"}, {"6", ""}});
    auto const all = std::vector<ConversationId>{"1", "2", "3", "4", "5", "6"};
    auto const only = GENERATE_COPY(std::optional<std::vector<ConversationId>>{},
        std::optional<std::vector<ConversationId>>{std::vector<ConversationId>{"6", "5", "4", "3", "2", "1"}});
    Session session{*backend};
    auto const between = [&](std::string from, std::string to) {
        return read_all(session, {std::move(from), std::move(to), only, {}});
    };
    using Ids = std::vector<ConversationId>;
    CHECK(between("2025-03-01T00:00:00Z", "2025-03-01T23:59:59.999999Z") == Ids{"1", "2", "3", "4"});
    CHECK(between("2025-03-01T00:00:00.000001Z", "") == Ids{"2", "3", "4", "5"});
    CHECK(between("2025-03-01T00:00:00.000002Z", "") == Ids{"3", "4", "5"});
    CHECK(between("", "2025-03-01T23:59:59.999998Z") == Ids{"1", "2", "3"});
    CHECK(between("", "2025-03-01T00:00:00.000000Z") == Ids{"1"});
    CHECK(between("2025-03-01T12:00:00+02:00", "2025-03-01T10:00:00Z") == Ids{"3"}); // the plus survives the URL
    CHECK(between("2026-01-01T00:00:00Z", "").empty());
    CHECK(between("", "") == all);
}

TEST_CASE("A date range past the cap keeps both bounds on every page")
{
    auto const backend = any_backend();
    auto const rows = table_of(2600, 50);
    backend->add_conversations(rows);
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation", {rows[7].created_time, rows[2400].created_time, {}, {}}};
    work.open(session.side.stop);
    auto const expected = ids_of({rows.begin() + 7, rows.begin() + 2401}); // whole ties: the bounds are inclusive
    CHECK(work.matching() == expected.size());
    CHECK(read_all(work, session, 50, [] {}) == expected);
}

TEST_CASE("A limit takes the oldest, tells how many there are, and is not exceeded")
{
    auto const backend = any_backend();
    auto const rows = table_of(1300, 100);
    backend->add_conversations(rows);
    Session session{*backend};
    auto const limit = GENERATE(as<std::size_t>{}, 1, 999, 1000, 1001, 1250, 1300, 5000);
    WorkList work{session.side.postgrest, "Conversation", {"", "", {}, limit}};
    work.open(session.side.stop);
    auto const taken = std::min<std::size_t>(limit, 1300);
    CHECK(work.matching() == 1300);
    CHECK(work.taken() == taken);
    CHECK(read_all(work, session, 50, [] {})
        == ids_of({rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(taken)}));
    CHECK(work.at_end());
}

TEST_CASE("Rows that come and go while the list is read neither repeat nor hide the others")
{
    auto const backend = any_backend();
    auto const rows = table_of(2500, 0);
    backend->add_conversations(rows);
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation", {}};
    work.open(session.side.stop);
    std::size_t batches = 0;
    auto const ids = read_all(work, session, 100, [&] {
        if (++batches == 5) { // while the second page is still to come
            backend->add_conversations({{"before", "2024-01-01T00:00:00Z"}, {"after", "2026-01-01T00:00:00Z"}});
            backend->remove_conversations({"c0000", "c0001", "c0999", "c2000"}); // c0999 is the cursor
        }
    });
    auto expected = ids_of(rows);
    std::erase(expected, "c2000");
    expected.push_back("after");
    CHECK(ids == expected);
}

} // namespace
} // namespace backfill::test
