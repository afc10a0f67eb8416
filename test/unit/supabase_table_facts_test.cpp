// Counting: by the database, by its estimate, and by reading.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/table_facts.hpp"
#include "backfill/supabase/work_list.hpp"

#include "support/fake_supabase.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Listing;
using supabase::WorkList;

/// A table of three conversations that is slow to count.
http::Outcome slow_to_count(http::Request const& request, std::string const& slow)
{
    auto const prefer = header_of(request, "Prefer");
    if (!prefer.empty() && slow.find(prefer) != std::string::npos) {
        return reply(500, R"({"code":"57014"})");
    }
    bool const page = request.target.find("limit=0") == std::string::npos;
    bool const first =
        request.target.find("gt.") == std::string::npos && request.target.find("=is.null") == std::string::npos;
    return reply(200,
        page && first
            ? R"([{"id":"a","created_time":"2025-01-01T00:00:00Z"},{"id":"b","created_time":"2025-01-02T00:00:00Z"},{"id":"c","created_time":"2025-01-03T00:00:00Z"}])"
            : "[]",
        {{"Content-Range", prefer.empty() ? "*/*" : "*/90"}});
}

TEST_CASE("A table that is too big to count is estimated, and read to its end all the same")
{
    auto const slow = GENERATE(as<std::string>{}, "count=exact", "count=exact count=planned");
    ScriptedSide side{[&](http::Request const& request) { return slow_to_count(request, slow); }};
    CHECK(supabase::prove_conversations(side.postgrest, "Conversation", side.stop) >= 3);
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.is_estimate());
    CHECK(work.next_batch(50, side.stop).size() == 3);
    CHECK(work.at_end());
    CHECK(work.unread(side.stop) == 0);
    CHECK(side.clock.naps().empty());
}

TEST_CASE("A sample of a table that is too big to count is drawn from all of it")
{
    ScriptedSide side{[&](http::Request const& request) { return slow_to_count(request, "count=exact"); }};
    supabase::Selection selection;
    selection.sample = 3;
    WorkList work{side.postgrest, "Conversation", selection};
    work.open(side.stop);
    CHECK(work.matching() == 3);
    CHECK_FALSE(work.is_estimate());
    CHECK(work.next_batch(50, side.stop).size() == 3);
}

TEST_CASE("A count that a gateway gives up is asked for again before it is estimated")
{
    std::size_t asked = 0;
    ScriptedSide side{[&](http::Request const& request) -> http::Outcome {
        bool const counting = request.target.find("limit=0") != std::string::npos;
        return counting && ++asked == 1 ? reply(504, "") : reply(200, "[]", {{"Content-Range", "*/0"}});
    }};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK_FALSE(work.is_estimate());
}

struct Tables {
    void conversation(std::string const& id) { supabase.tables().at("Conversation").rows[id] = {{"id", id}}; }

    void messages(std::string const& conversation, std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            auto const id = conversation + "-" + std::to_string(i);
            supabase.tables().at("Message_open").rows[id] = {
                {"id", id}, {"conversationid", conversation}, {"created_time", "2025-01-01T00:00:00+00:00"}};
        }
    }

    supabase::TableFacts facts(Listing listing, std::vector<supabase::Filter> filters = {})
    {
        SupabaseSide side{supabase.transport(), FakeSupabase::service_key()};
        supabase::ConversationTable conversations{"Conversation"};
        conversations.filters = std::move(filters);
        return supabase::read_table_facts(side.postgrest, conversations, layout_of("Message_open"), listing, side.stop);
    }

    FakeSupabase supabase;
};

TEST_CASE("Conversations that hold more messages than a page, and many that are in no list, are told apart")
{
    auto const foreign = GENERATE(0U, 1U, 49U, 50U, 51U, 130U);
    auto const listing = GENERATE(Listing::counts, Listing::ids);
    CAPTURE(foreign);
    Tables tables;
    for (std::size_t i = 0; i < 200; ++i) {
        auto const id = numbered("c", i);
        tables.conversation(id);
        tables.messages(id, i % 4 == 0 ? 0 : i % 4);
    }
    for (std::size_t i = 0; i < foreign; ++i) {
        tables.messages(numbered("c", i) + "x", 1); // between the others
    }
    tables.conversation("long");
    tables.messages("long", 2300);
    auto const facts = tables.facts(listing);
    CHECK(facts.messages == 300 + 2300 + foreign);
    CHECK(facts.conversations == 201);
    CHECK(facts.conversations_without_messages == 50);
    CHECK(facts.largest->id == "long");
    CHECK(facts.largest->messages == 2300);
    CHECK(facts.smallest->messages == 1);
    CHECK(facts.without_messages.size() == (listing == Listing::ids ? 50 : 0));
}

TEST_CASE("Rows of the conversation table that repeat an id are counted each")
{
    auto const listing = GENERATE(Listing::counts, Listing::ids);
    Tables tables;
    for (std::size_t i = 0; i < 4; ++i) {
        auto const id = numbered("c", i);
        tables.conversation(id);
        tables.messages(id, i % 2);
        for (int twin = 0; twin < 3; ++twin) {
            tables.supabase.tables().at("Conversation").rows[id + "-" + std::to_string(twin)] = {{"id", id}};
        }
    }
    auto const facts = tables.facts(listing);
    CHECK(facts.conversations == 16);
    CHECK(facts.conversations_without_messages == 8);
}

TEST_CASE("Rows whose id is empty, or nothing but blanks, are no conversations, as in a run")
{
    auto const listing = GENERATE(Listing::counts, Listing::ids);
    auto const with_messages = GENERATE(false, true);
    Tables tables;
    tables.conversation("c");
    tables.messages("c", 2);
    tables.conversation("d");
    for (auto const* id : {"", " ", "   "}) {
        tables.conversation(id);
        tables.messages(id, with_messages ? 1 : 0);
    }
    tables.supabase.tables().at("Conversation").rows["twin"] = {{"id", ""}};
    auto const facts = tables.facts(listing);
    CHECK(facts.conversations == 2);
    CHECK(facts.conversations_without_messages == 1);
    CHECK(facts.without_messages
        == (listing == Listing::ids ? std::vector<ConversationId>{"d"} : std::vector<ConversationId>{}));
    CHECK(facts.messages == (with_messages ? 5 : 2));
}

TEST_CASE("A UUID is the same in either case, and without what a column pads it with")
{
    auto const listing = GENERATE(Listing::counts, Listing::ids);
    auto const filtered = GENERATE(false, true);
    Tables tables; // of type text
    tables.conversation("ABCDEF00-0000-4000-8000-000000000001");
    tables.conversation("AbCdEf00-0000-4000-8000-000000000002");
    tables.conversation("abcdef00-0000-4000-8000-000000000003");
    tables.conversation("abcdef00-0000-4000-8000-000000000004");
    tables.conversation("other");
    tables.messages("abcdef00-0000-4000-8000-000000000001", 2);
    tables.messages("abcdef00-0000-4000-8000-000000000002", 3);
    tables.messages("ABCDEF00-0000-4000-8000-000000000003", 4);
    tables.messages("other   ", 1);
    std::vector<supabase::Filter> const all_but_other{{"id",
        "in.(ABCDEF00-0000-4000-8000-000000000001,AbCdEf00-0000-4000-8000-000000000002,"
        "abcdef00-0000-4000-8000-000000000003,abcdef00-0000-4000-8000-000000000004)"}};
    auto const facts = tables.facts(listing, filtered ? all_but_other : std::vector<supabase::Filter>{});
    CHECK(facts.conversations == (filtered ? 4 : 5));
    CHECK(facts.conversations_without_messages == 1);
    CHECK(facts.messages == (filtered ? 9 : 10));
    CHECK(facts.largest->messages == 4);
    CHECK(facts.smallest->messages == (filtered ? 2 : 1));
}

TEST_CASE("Copies of a row on both sides of a page's end are repeated, not unread")
{
    Tables tables;
    for (std::size_t i = 0; i < 1200; ++i) {
        auto const id = numbered("c", i);
        tables.conversation(id);
        if (i != 0) { // an odd number of rows: each page ends between two copies
            tables.supabase.tables().at("Conversation").rows[id + "-twin"] = {{"id", id}};
        }
    }
    SupabaseSide side{tables.supabase.transport(), FakeSupabase::service_key()};
    WorkList work{side.postgrest, "Conversation", {}};
    work.open(side.stop);
    CHECK(work.matching() == 2399);
    std::size_t read = 0;
    for (auto batch = work.next_batch(500, side.stop); !batch.empty(); batch = work.next_batch(500, side.stop)) {
        read += batch.size();
    }
    CHECK(read == 1200);
    CHECK(work.unread(side.stop) == 0);
    CHECK(work.repeated() == 1199);
}

TEST_CASE("A row that moved to where the list was read is told, whatever came or went meanwhile")
{
    bool const one_came = GENERATE(false, true);
    bool const one_went = GENERATE(false, true);
    bool const one_moved = GENERATE(false, true);
    CAPTURE(one_came, one_went, one_moved);
    Tables tables;
    for (std::size_t i = 1; i < 1500; ++i) {
        tables.conversation(numbered("c", i));
    }
    SupabaseSide side{tables.supabase.transport(), FakeSupabase::service_key()};
    supabase::ConversationTable by_id{"Conversation"};
    by_id.created_time.clear();
    WorkList work{side.postgrest, by_id, {}};
    work.open(side.stop);
    std::size_t read = work.next_batch(500, side.stop).size();
    auto& rows = tables.supabase.tables().at("Conversation").rows;
    if (one_moved) {
        rows.erase(numbered("c", 1400));
        tables.conversation(numbered("c", 0));
    }
    if (one_came) {
        tables.conversation("d");
    }
    if (one_went) {
        rows.erase(numbered("c", 7));
    }
    for (auto batch = work.next_batch(500, side.stop); !batch.empty(); batch = work.next_batch(500, side.stop)) {
        read += batch.size();
    }
    CHECK(read == 1499U + (one_came ? 1U : 0U) - (one_moved ? 1U : 0U));
    tables.conversation("e"); // after the end
    CHECK(work.unread(side.stop) == (one_moved ? 1U : 0U));
}

} // namespace
} // namespace backfill::test
