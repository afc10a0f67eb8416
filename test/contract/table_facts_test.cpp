// What status reads: the tables counted whole, whatever the row cap, the ids and the names.

#include "contract/conversations.hpp"
#include "contract/session.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/list_trials.hpp"
#include "backfill/supabase/table_facts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace backfill::test {
namespace {

using supabase::Listing;
using supabase::read_table_facts;
using supabase::TableFacts;

TableFacts facts_of(
    Session& session, std::string const& conversations = "Conversation", std::string const& messages = "Message")
{
    return read_table_facts(
        session.side.postgrest, conversations, layout_of(messages), Listing::ids, session.side.stop);
}

/// c0000 … of `count` conversations; number i has i % 5 messages.
std::size_t fill(Backend& backend, std::size_t count)
{
    backend.add_conversations(table_of(count, count / 3));
    std::vector<StoredMessage> rows;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < i % 5; ++j) {
            rows.push_back({numbered("m", rows.size(), 6), numbered("c", i), "x"});
        }
    }
    backend.add_messages(rows);
    return rows.size();
}

TEST_CASE("Tables larger than a page are counted whole, and the conversations without messages named")
{
    auto const backend = any_backend();
    auto const messages = fill(*backend, 2004);
    Session session{*backend};
    auto const facts = facts_of(session);
    CHECK(facts.messages == messages);
    CHECK(facts.conversations == 2004);
    CHECK(facts.conversations_without_messages == 401);
    REQUIRE(facts.without_messages.size() == 401);
    CHECK(facts.without_messages.front() == "c0000");
    CHECK(facts.without_messages.back() == "c2000");
    REQUIRE(facts.smallest);
    CHECK(facts.smallest->messages == 1);
    CHECK(facts.smallest->id == "c0001");
    REQUIRE(facts.largest);
    CHECK(facts.largest->messages == 4);
    CHECK(facts.largest->id == "c0004");
    CHECK(facts.oldest == "2025-01-01T00:00:00Z");
    CHECK(session.requests() == 3 + 8 + 4); // 4006 messages and 2004 conversations, each to an empty page
}

TEST_CASE("A server that gives ten rows at a time changes nothing")
{
    auto const backend = any_backend(Server::low_cap);
    auto const messages = fill(*backend, 37);
    Session session{*backend};
    auto const facts = facts_of(session);
    CHECK(facts.messages == messages);
    CHECK(facts.conversations == 37);
    CHECK(facts.conversations_without_messages == 8);
    CHECK(facts.largest->messages == 4);
    auto const many = supabase::ask_for_many_rows(session.side.postgrest, "Conversation", session.side.stop);
    CHECK(many.asked == 2000);
    CHECK(many.came == kLowCapRows);
    CHECK(many.there == 37);
}

TEST_CASE("Odd ids are counted and named exactly, also where a page ends with them")
{
    auto const backend = any_backend(Server::low_cap);
    std::vector<Conversation> rows;
    std::vector<StoredMessage> stored;
    for (auto const& id : kOddIds) {
        rows.push_back({id, ""});
        rows.push_back({id + " empty", ""});
        for (int i = 0; i < 3; ++i) {
            stored.push_back({id + std::to_string(i), id, "x"});
        }
    }
    backend->add_conversations(rows);
    backend->add_messages(stored);
    Session session{*backend};
    auto const facts = facts_of(session);
    CHECK(facts.messages == stored.size());
    CHECK(facts.conversations == rows.size());
    CHECK(facts.conversations_without_messages == kOddIds.size());
    CHECK(std::ranges::all_of(facts.without_messages, [](auto const& id) { return id.ends_with(" empty"); }));
    CHECK(facts.smallest->messages == 3);
    CHECK(facts.largest->messages == 3);
}

TEST_CASE("The oldest and the newest message are found to the microsecond")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c", ""}});
    backend->add_messages({{"m1", "c", "x", "2025-03-01T00:00:00.000002Z"},
        {"m2", "c", "x", "2025-03-01T00:00:00.000001Z"}, {"m3", "c", "x", "2025-03-01T00:00:00.000003Z"}});
    Session session{*backend};
    CHECK(facts_of(session).oldest == "2025-03-01T00:00:00.000001Z");
    CHECK(facts_of(session).newest == "2025-03-01T00:00:00.000003Z");
}

TEST_CASE("Empty tables have no extremes")
{
    auto const backend = any_backend();
    Session session{*backend};
    auto const facts = facts_of(session, "Conversation_empty");
    CHECK(facts.messages + facts.conversations + facts.conversations_without_messages == 0);
    CHECK_FALSE(facts.smallest);
    CHECK_FALSE(facts.largest);
    CHECK(facts.oldest.empty());
    CHECK(facts.newest.empty());
}

TEST_CASE("Mapped names are used in every request")
{
    auto const backend = any_backend();
    Session session{*backend};
    supabase::MessageTableLayout const layout{
        "Message_mapped", {{"id", "msg_id"}, {"conversationid", "conv"}, {"created_time", "at"}}};
    auto const facts =
        read_table_facts(session.side.postgrest, "Conversation", layout, Listing::counts, session.side.stop);
    CHECK(facts.messages == 0);
    for (auto const& request : session.script.requests()) {
        if (request.target.starts_with("/Message_mapped")) {
            CHECK(request.target.find("conversationid") == std::string::npos);
            CHECK(request.target.find("created_time") == std::string::npos);
        }
    }
}

TEST_CASE("A message of a conversation that is not in the table counts as a message only")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c", ""}});
    backend->add_messages({{"m1", "elsewhere", "x"}}, "Message_open"); // without a foreign key
    Session session{*backend};
    auto const facts = facts_of(session, "Conversation", "Message_open");
    CHECK(facts.messages == 1);
    CHECK(facts.conversations == 1);
    CHECK(facts.without_messages == std::vector<ConversationId>{"c"});
}

TEST_CASE("A table that is missing is named as in a run")
{
    auto const backend = any_backend();
    Session session{*backend};
    auto const text = text_of<FatalError>([&] { facts_of(session, "Conversation", "Message_absent"); });
    CHECK(text.find("Message_absent") != std::string::npos);
    CHECK(text.find("MESSAGE_TABLE") != std::string::npos);
    CHECK(text_of<FatalError>([&] { facts_of(session, "Conversation_absent"); }).find("CONVERSATION_TABLE")
        != std::string::npos);
}

} // namespace
} // namespace backfill::test
