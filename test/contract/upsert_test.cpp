// What an upsert stores, what it leaves alone, and what it says about each row.

#include "contract/session.hpp"
#include "support/upsert.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/json_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::OnConflict;

TEST_CASE("Five hundred rows go out in one request, and exactly the new ones are told as written")
{
    auto const backend = any_backend();
    auto const kind = GENERATE(KeyKind::service, KeyKind::secret);
    backend->add_conversations({{"c1", ""}});
    backend->add_messages({{"m0100", "c1", "mine"}, {"m0101", "c1", "mine"}, {"m0499", "c1", "mine"}});
    Session session{*backend, kind};
    Writing table{session.side.postgrest, layout_of("Message")};
    auto const results = upsert(table, session.side, rows_of(0, 500));
    CHECK(session.requests() == 2); // and one for those that did not come back
    CHECK(count_of(results, Fate::written) == 497);
    for (std::size_t const stored : {100U, 101U, 499U}) {
        CHECK(results[stored].fate == Fate::already_stored);
    }
    auto const messages = backend->messages();
    CHECK(messages.size() == 500);
    CHECK(messages[100].text == "mine"); // untouched
    CHECK(messages[102] == StoredMessage{"m0102", "c1", "hello"});
    CHECK(count_of(upsert(table, session.side, rows_of(0, 500)), Fate::already_stored) == 500);
    CHECK(backend->messages() == messages);
}

TEST_CASE("ON_CONFLICT=update rewrites what is stored")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c1", ""}});
    backend->add_messages({{"m0001", "c1", "old", "2020-01-01T00:00:00Z"}, {"m0009", "c1", "not sent"}});
    Session session{*backend};
    auto layout = layout_of("Message");
    layout.on_conflict = OnConflict::update;
    Writing table{session.side.postgrest, layout};
    CHECK(count_of(upsert(table, session.side, rows_of(0, 3, "m", "new")), Fate::written) == 3);
    CHECK(backend->messages()
        == std::vector<StoredMessage>{
            {"m0000", "c1", "new"}, {"m0001", "c1", "new"}, {"m0002", "c1", "new"}, {"m0009", "c1", "not sent"}});
}

TEST_CASE("An id that is stored under another conversation stays there")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c1", ""}, {"c2", ""}});
    backend->add_messages({{"m0000", "c2", "of c2"}});
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message")};
    auto const results = upsert(table, session.side, rows_of(0, 2));
    CHECK(results[0].fate == Fate::already_stored);
    CHECK(results[1].fate == Fate::written);
    CHECK(backend->messages()[0] == StoredMessage{"m0000", "c2", "of c2"});
}

TEST_CASE("Texts and ids arrive byte for byte, times to the microsecond")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c,\"1\"", ""}});
    std::string control;
    for (char c = 1; c < 0x20; ++c) {
        control += c == '\x1E' || c == '\x1F' ? ' ' : c; // the two that separate what the test reads back
    }
    auto const long_text = [] {
        std::string text;
        while (text.size() < 300'000) {
            text += "Ümläut 日本 😀 ";
        }
        return text;
    }();
    std::vector<Row> const rows{
        message_row("\"quoted\"", "c,\"1\"", "\"\\/\b\f\n\r\t", "2025-07-10T19:47:55.442Z"),
        message_row("a,b\\c", "c,\"1\"", control, "2025-07-10T19:47:55.123456Z"),
        message_row("id with 😀", "c,\"1\"", "\u2028\uFEFF\u00A0é e\u0301 \U0010FFFD", "1969-12-31T23:59:59.5Z"),
        message_row("z", "c,\"1\"", long_text, "2025-07-10T19:47:55Z"),
    };
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message")};
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == rows.size());
    auto const messages = backend->messages();
    REQUIRE(messages.size() == 4);
    CHECK(messages[0] == StoredMessage{"\"quoted\"", "c,\"1\"", "\"\\/\b\f\n\r\t", "2025-07-10T19:47:55.442Z"});
    CHECK(messages[1] == StoredMessage{"a,b\\c", "c,\"1\"", control, "2025-07-10T19:47:55.123456Z"});
    CHECK(messages[2].text == "\u2028\uFEFF\u00A0é e\u0301 \U0010FFFD");
    CHECK(messages[2].created_time == "1969-12-31T23:59:59.5Z");
    CHECK(messages[3].text == long_text);
    CHECK(count_of(upsert(table, session.side, rows), Fate::already_stored) == rows.size());
}

TEST_CASE("Mapped columns take their fields, and raw is stored as JSON")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest,
        {"Message_mapped",
            {{"id", "msg_id"}, {"conversationid", "conv"}, {"message_parts", "body"}, {"raw", "payload"}}}};
    std::vector<Row> const rows{
        {"m1", "c1", 0, R"({"msg_id":"m1","conv":"c1","body":"hello","payload":{"a":[1,null,"ü"]}})"},
        {"m2", "c1", 0, R"({"msg_id":"m2","conv":"c1","body":null,"payload":null})"}};
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == 2);
    CHECK(count_of(upsert(table, session.side, rows), Fate::already_stored) == 2);
    CHECK(backend->column("Message_mapped", "msg_id", "msg_id") == std::vector<std::string>{"m1", "m2"});
    CHECK(backend->column("Message_mapped", "body", "msg_id") == std::vector<std::string>{"hello", "NULL"});
    CHECK(backend->column("Message_mapped", "who", "msg_id") == std::vector<std::string>{"NULL", "NULL"});
    auto payload = backend->column("Message_mapped", "payload", "msg_id");
    std::erase(payload[0], ' ');
    CHECK(payload == std::vector<std::string>{R"({"a":[1,null,"ü"]})", "NULL"});
}

TEST_CASE("A table whose name must be quoted is written like any other")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Müll, \"Nachrichten\"")};
    CHECK(count_of(upsert(table, session.side, rows_of(0, 5)), Fate::written) == 5);
    CHECK(backend->messages("Müll, \"Nachrichten\"").size() == 5);
}

TEST_CASE("A table with a key of its own beside the unique id is written and not doubled")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_serial")};
    CHECK(count_of(upsert(table, session.side, rows_of(0, 5)), Fate::written) == 5);
    CHECK(count_of(upsert(table, session.side, rows_of(0, 6)), Fate::already_stored) == 5);
    CHECK(backend->messages("Message_serial").size() == 6);
}

TEST_CASE("A table without a unique key is never written")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_no_key")};
    CHECK(text_of<FatalError>([&] { upsert(table, session.side, rows_of(0, 5)); }).find("42P10") != std::string::npos);
    CHECK(backend->messages("Message_no_key").empty());
}

TEST_CASE("UUIDs in capitals are told as written although the database spells them small")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_uuid")};
    std::vector<Row> const rows{message_row("6F1C2F0E-8A51-4BA5-9D62-1F0C3A5B7E9D", "c1"),
        message_row("7F1C2F0E-8A51-4BA5-9D62-1F0C3A5B7E9D", "c1")};
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == 2);
    CHECK(count_of(upsert(table, session.side, rows), Fate::already_stored) == 2);
}

TEST_CASE("An anon or publishable key writes where a policy lets it, and is told why where none does")
{
    auto const backend = any_backend();
    auto const kind = GENERATE(KeyKind::anon, KeyKind::publishable);
    backend->add_conversations({{"c1", ""}});
    backend->add_messages({{"m0007", "c1", "hidden"}});
    Session session{*backend, kind};
    Writing open{session.side.postgrest, layout_of("Message_open")};
    CHECK(count_of(upsert(open, session.side, rows_of(0, 10)), Fate::written) == 10);
    supabase::MessageTable seen{session.side.postgrest, layout_of("Message_open")};
    CHECK(seen.stored_ids({"c1"}, session.side.stop).by_conversation.at("c1").size() == 10);

    Writing closed{session.side.postgrest, layout_of("Message")};
    auto const results = upsert(closed, session.side, rows_of(0, 10));
    CHECK(count_of(results, Fate::refused) == 10); // a policy may let in others
    CHECK(results[0].reason.find("row-level security") != std::string::npos);
    CHECK(results[0].advice.find("SUPABASE_SERVICE_ROLE_KEY") != std::string::npos);
    supabase::MessageTable hidden{session.side.postgrest, layout_of("Message")};
    CHECK(hidden.stored_ids({"c1"}, session.side.stop).by_conversation.empty()); // it is there
    CHECK(backend->messages().size() == 1);
}

} // namespace
} // namespace backfill::test
