// Which messages are stored already: read to the end, whatever the row cap and the ids.

#include "contract/session.hpp"
#include "support/psql.hpp"
#include "support/test_texts.hpp"
#include "support/upsert.hpp"

#include "backfill/supabase/message_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::MessageTable;

std::vector<Conversation> conversations(std::vector<ConversationId> const& ids)
{
    std::vector<Conversation> rows;
    for (auto const& id : ids) {
        rows.push_back({id, "2025-01-01T00:00:00Z"});
    }
    return rows;
}

TEST_CASE("A conversation with more stored messages than the row cap is looked up whole")
{
    auto const backend = any_backend();
    backend->add_conversations(conversations({"big", "small", "none", "other"}));
    std::vector<StoredMessage> rows;
    MessageIds expected;
    for (std::size_t i = 0; i < 2300; ++i) {
        rows.push_back({numbered("m", i), "big", "x"});
        expected.insert(rows.back().id);
    }
    rows.push_back({"s1", "small", "x"});
    rows.push_back({"o1", "other", "x"});
    backend->add_messages(rows);
    Session session{*backend};
    auto const stored = MessageTable{session.side.postgrest, layout_of("Message")}.stored_ids(
        {"big", "small", "none"}, session.side.stop);
    CHECK(stored.failed.empty());
    CHECK(stored.by_conversation.size() == 2);
    CHECK(stored.by_conversation.at("big") == expected);
    CHECK(stored.by_conversation.at("small") == MessageIds{"s1"});
    CHECK(session.requests() == 4); // 1000, 1000, 301, and the empty one that proves the end
}

TEST_CASE("Stored ids are read whole from a server that gives ten rows at a time")
{
    auto const backend = any_backend(Server::low_cap);
    backend->add_conversations(conversations({"c1"}));
    std::vector<StoredMessage> rows;
    for (std::size_t i = 0; i < 35; ++i) {
        rows.push_back({numbered("m", i), "c1", "x"});
    }
    backend->add_messages(rows);
    Session session{*backend};
    auto const stored =
        MessageTable{session.side.postgrest, layout_of("Message")}.stored_ids({"c1"}, session.side.stop);
    CHECK(stored.by_conversation.at("c1").size() == 35);
}

TEST_CASE("A hundred and twenty conversations take one look-up per fifty")
{
    auto const backend = any_backend();
    std::vector<ConversationId> ids;
    std::vector<StoredMessage> rows;
    for (std::size_t i = 0; i < 120; ++i) {
        ids.push_back(numbered("6f1c2f0e-8a51-4ba5-9d62-00000000", i)); // as long as UUIDs are
        rows.push_back({numbered("m", i), ids.back(), "x"});
    }
    backend->add_conversations(conversations(ids));
    Session session{*backend};
    MessageTable table{session.side.postgrest, layout_of("Message")};
    CHECK(table.stored_ids(ids, session.side.stop).by_conversation.empty());
    CHECK(session.requests() == 3); // one each where nothing is stored
    backend->add_messages(rows);
    auto const stored = table.stored_ids(ids, session.side.stop);
    CHECK(stored.by_conversation.size() == 120);
    CHECK(stored.failed.empty());
    CHECK(session.requests() == 3 + 6); // and one more each to see the end
    CHECK(session.side.clock.naps().empty());
}

TEST_CASE("Odd conversation and message ids are looked up as they are")
{
    auto const backend = any_backend(GENERATE(Server::usual, Server::low_cap));
    std::vector<ConversationId> const ids{"a,b", "q\"uote", "back\\slash", "(paren)", "100%", "plus+plus", "with space",
        "Ümläut-日本-😀", "dot.dot", "in.(x)", "null", "a%2Cb"};
    backend->add_conversations(conversations(ids));
    std::vector<StoredMessage> rows;
    for (auto const& id : ids) {
        rows.push_back({"of " + id, id, "x"});
        rows.push_back({id, id, "x"}); // so that message ids are cursors too
    }
    backend->add_messages(rows);
    Session session{*backend};
    auto const stored = MessageTable{session.side.postgrest, layout_of("Message")}.stored_ids(ids, session.side.stop);
    CHECK(stored.by_conversation.size() == ids.size());
    for (auto const& id : ids) {
        CAPTURE(id);
        CHECK(stored.by_conversation.at(id) == MessageIds{id, "of " + id});
    }
}

TEST_CASE("Fifty conversations with the longest and oddest ids pass a proxy with default buffers")
{
    auto const backend = any_backend();
    // PostgREST echoes the URL in a header, a letter beyond ASCII as four bytes for each of its own.
    auto const letter = GENERATE(as<std::string>{}, "x", "\"", "ü", "日");
    std::vector<ConversationId> ids;
    for (std::size_t i = 0; i < 50; ++i) {
        std::string prefix;
        while (prefix.size() < 120) {
            prefix += letter;
        }
        ids.push_back(numbered(prefix, i));
    }
    backend->add_conversations(conversations(ids));
    backend->add_messages({{"m1", ids[49], "x"}});
    Session session{*backend};
    auto const stored = MessageTable{session.side.postgrest, layout_of("Message")}.stored_ids(ids, session.side.stop);
    CHECK(stored.by_conversation.size() == 1);
    CHECK(session.side.clock.naps().empty()); // no 502 on the way
}

TEST_CASE("Stored ids are looked up through mapped columns and odd table names")
{
    auto const backend = any_backend();
    backend->add_messages({{"m1", "c1", "x"}}, "Müll, \"Nachrichten\"");
    Session session{*backend};
    auto layout = layout_of("Müll, \"Nachrichten\"");
    auto const stored = MessageTable{session.side.postgrest, layout}.stored_ids({"c1"}, session.side.stop);
    CHECK(stored.by_conversation.at("c1") == MessageIds{"m1"});
    supabase::MessageTableLayout const mapped{"Message_mapped", {{"id", "msg_id"}, {"conversationid", "conv"}}};
    Writing table{session.side.postgrest, mapped};
    upsert(table, session.side, {{"m2", "c2", 0, R"({"msg_id":"m2","conv":"c2"})"}});
    CHECK(MessageTable{session.side.postgrest, mapped}.stored_ids({"c2"}, session.side.stop).by_conversation.at("c2")
        == MessageIds{"m2"});
}

TEST_CASE("Column names that must be quoted are found by look-up and upsert")
{
    psql(R"sql(drop table if exists "Odd columns"; create table "Odd columns" ("msg.id" text primary key,
        "conv, (id)" text, "say ""hi""" text, "back\slash" text); grant all on "Odd columns" to service_role)sql");
    auto const backend = real_backend(Server::low_cap); // started now, so its schema cache knows the table
    Session session{*backend};
    supabase::MessageTableLayout const layout{"Odd columns",
        {{"id", "msg.id"}, {"conversationid", "conv, (id)"}, {"message_parts", "say \"hi\""},
            {"actor_type", "back\\slash"}}};
    Writing table{session.side.postgrest, layout};
    std::vector<Row> rows;
    for (std::size_t i = 0; i < 15; ++i) { // more than a page
        auto const id = numbered("m", i);
        rows.push_back({texts().keep(id), "c1", 0,
            texts().keep(
                R"j({"msg.id":")j" + id + R"j(","conv, (id)":"c1","say \"hi\"":"hello","back\\slash":"user"})j")});
    }
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == 15);
    CHECK(MessageTable{session.side.postgrest, layout}
              .stored_ids({"c1"}, session.side.stop)
              .by_conversation.at("c1")
              .size()
        == 15);
    CHECK(backend->column("Odd columns", "say \"hi\"", "msg.id").at(14) == "hello");
    psql(R"(drop table "Odd columns")");
}

TEST_CASE("Conversation ids that the column refuses have no stored messages")
{
    auto const backend = real_backend(Server::low_cap);
    psql(R"(truncate "Message_uuid")");
    Session session{*backend};
    // The key column serves as the conversation's here: it is the one of type uuid.
    supabase::MessageTableLayout const layout{"Message_uuid", {{"id", "message_parts"}, {"conversationid", "id"}}};
    std::string const uuid = "6f1c2f0e-8a51-4ba5-9d62-1f0c3a5b7e9d";
    backend->add_messages({{uuid, "c", "the id"}}, "Message_uuid");
    auto const stored =
        MessageTable{session.side.postgrest, layout}.stored_ids({"no uuid", uuid, "neither"}, session.side.stop);
    CHECK(stored.by_conversation.at(uuid) == MessageIds{"the id"});
    CHECK(stored.by_conversation.size() == 1);
    CHECK(stored.failed.empty());
}

} // namespace
} // namespace backfill::test
