// Conversations that were named one by one.

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

TEST_CASE("Chosen ids come in order of time, each once, and those that are not in the table are told")
{
    auto const backend = any_backend();
    backend->add_conversations({{"late", "2025-02-01T00:00:00Z"}, {"early", "2025-01-01T00:00:00Z"}, {"never", ""},
        {"tie2", "2025-01-15T00:00:00Z"}, {"tie1", "2025-01-15T00:00:00Z"}, {"not asked for", "2025-01-01T00:00:00Z"}});
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation",
        {"", "", std::vector<ConversationId>{"never", "absent", "late", "tie2", "tie1", "early", "late", "gone,(x)"},
            {}}};
    work.open(session.side.stop);
    CHECK(work.missing() == std::vector<ConversationId>{"absent", "gone,(x)"});
    CHECK(work.taken() == 7);
    CHECK(read_all(work, session, 3, [] {}) == std::vector<ConversationId>{"early", "tie1", "tie2", "late", "never"});
}

TEST_CASE("Of chosen ids with dates the database leaves out those that are not in between, and none is missing")
{
    auto const backend = any_backend();
    backend->add_conversations({{"early", "2025-01-01T00:00:00Z"}, {"first", "2025-01-15T00:00:00.000001Z"},
        {"last", "2025-01-20T00:00:00Z"}, {"late", "2025-02-01T00:00:00Z"}, {"never", ""}});
    Session session{*backend};
    WorkList work{session.side.postgrest, "Conversation",
        {"2025-01-15T00:00:00.000001Z", "2025-01-20T00:00:00Z",
            std::vector<ConversationId>{"never", "absent", "late", "last", "first", "early"}, {}}};
    work.open(session.side.stop);
    CHECK(work.missing() == std::vector<ConversationId>{"absent"});
    CHECK(read_all(work, session, 3, [] {}) == std::vector<ConversationId>{"first", "last"});
}

TEST_CASE("A server that gives ten rows at a time loses no chosen id")
{
    auto const backend = any_backend(Server::low_cap);
    auto const rows = table_of(47, 0);
    backend->add_conversations(rows);
    Session session{*backend};
    auto wanted = ids_of(rows);
    wanted.push_back("absent");
    WorkList work{session.side.postgrest, "Conversation", {"", "", wanted, {}}};
    work.open(session.side.stop);
    CHECK(work.missing() == std::vector<ConversationId>{"absent"});
    CHECK(read_all(work, session, 50, [] {}) == ids_of(rows));
}

TEST_CASE("Ids with characters that mean something to PostgREST are read, go on behind a page, and can be chosen")
{
    auto const backend = any_backend(GENERATE(Server::usual, Server::low_cap));
    auto const timed = GENERATE(true, false);
    std::vector<Conversation> rows;
    for (auto const& id : kOddIds) {
        rows.push_back({id, timed ? "2025-01-01T00:00:00.123456Z" : ""});
    }
    backend->add_conversations(rows);
    std::set<std::string> const all{kOddIds.begin(), kOddIds.end()};
    std::vector<std::string> const in_order{all.begin(), all.end()}; // the stack's collation is C
    Session session{*backend};
    CHECK(read_all(session, {}) == in_order);
    auto chosen = read_all(session, {"", "", kOddIds, {}});
    std::ranges::sort(chosen);
    CHECK(chosen == in_order);
    for (auto const& id : kOddIds) {
        CAPTURE(id);
        CHECK(read_all(session, {"", "", std::vector{id}, {}}) == std::vector{id});
    }
}

TEST_CASE("A thousand chosen ids are looked up fifty at a time at most")
{
    auto const backend = any_backend();
    auto const rows = table_of(1200, 0);
    backend->add_conversations(rows);
    Session session{*backend};
    std::vector<ConversationId> wanted;
    for (std::size_t i = 0; i < 1000; ++i) {
        wanted.push_back(rows[i].id);
    }
    CHECK(read_all(session, {"", "", wanted, {}}) == wanted);
    CHECK(session.requests() == 20);
}

TEST_CASE("Ids that are no UUIDs are missing from a table of UUIDs and take no others with them")
{
    auto const backend = any_backend();
    std::string const uuid = "6f1c2f0e-8a51-4ba5-9d62-1f0c3a5b7e9d";
    backend->add_messages({{uuid, "c", "hello"}}, "Message_uuid");
    Session session{*backend};
    WorkList work{
        session.side.postgrest, "Message_uuid", {"", "", std::vector<ConversationId>{"no uuid", uuid, "another"}, {}}};
    work.open(session.side.stop);
    CHECK(work.missing() == std::vector<ConversationId>{"no uuid", "another"});
    CHECK(read_all(work, session, 50, [] {}) == std::vector<ConversationId>{uuid});
}

TEST_CASE("A limit on chosen ids takes those that are there before those that are missing")
{
    auto const backend = any_backend();
    backend->add_conversations(table_of(3, 0));
    Session session{*backend};
    std::vector<ConversationId> const wanted{"x", "c0002", "c0001", "y", "c0000"};
    auto const [limit, found, missing] =
        GENERATE(table<std::size_t, std::size_t, std::size_t>({{2, 2, 0}, {4, 3, 1}, {9, 3, 2}}));
    WorkList work{session.side.postgrest, "Conversation", {"", "", wanted, limit}};
    work.open(session.side.stop);
    CHECK(work.matching() == 5);
    CHECK(work.taken() == found + missing);
    CHECK(work.missing().size() == missing);
    CHECK(read_all(work, session, 50, [] {}).size() == found);
}

} // namespace
} // namespace backfill::test
