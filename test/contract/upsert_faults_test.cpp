// Rows and requests that the database does not take.

#include "contract/session.hpp"
#include "support/test_texts.hpp"
#include "support/upsert.hpp"

#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

/// A row whose time is its own: Message_checked wants them unique.
Row timed_row(std::size_t number, std::string const& text = "hello")
{
    return message_row(numbered("m", number), "c1", text,
        "2025-01-01T00:" + numbered("", number / 60, 2) + ":" + numbered("", number % 60, 2) + "Z");
}

std::vector<Row> timed_rows(std::size_t begin, std::size_t end)
{
    std::vector<Row> rows;
    for (auto i = begin; i < end; ++i) {
        rows.push_back(timed_row(i));
    }
    return rows;
}

std::string_view with(std::string_view json, std::string_view what, std::string_view instead)
{
    std::string changed{json};
    return texts().keep(changed.replace(changed.find(what), what.size(), instead));
}

TEST_CASE("Poison rows are named with their code, and every other row of the request is stored")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_checked")};
    auto rows = timed_rows(0, 200);
    std::string const secret = "SECRET " + std::string(300, 's');
    rows[0] = timed_row(0, "poison");
    rows[17] = timed_row(17, secret);
    rows[18].json = with(rows[18].json, "\"user\"", "null");
    rows[99] = message_row("m0099", "c1", "x", "SECRET time");
    rows[120] = message_row("m0120", "c1", "x", "2025-01-01T00:00:01Z"); // the time of m0001
    rows[199] = timed_row(199, "poison");
    std::map<std::size_t, std::string> const guilty{
        {0, "23514"}, {17, "22001"}, {18, "23502"}, {99, "22007"}, {120, "23505"}, {199, "23514"}};
    auto const results = upsert(table, session.side, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i].id, results[i].reason);
        auto const found = guilty.find(i);
        CHECK(results[i].fate == (found == guilty.end() ? Fate::written : Fate::refused));
        if (found != guilty.end()) {
            CHECK(results[i].reason.find(", " + found->second) != std::string::npos);
            CHECK(results[i].reason.find("SECRET") == std::string::npos);
        }
    }
    CHECK(backend->messages("Message_checked").size() == 194);
    CHECK(session.side.written().find("SECRET") == std::string::npos);
    CHECK(session.side.clock.naps().empty());
}

TEST_CASE("A row of a conversation that is gone is refused alone")
{
    auto const backend = any_backend();
    backend->add_conversations({{"c1", ""}});
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message")};
    std::vector<Row> const rows{message_row("m1", "c1"), message_row("m2", "gone"), message_row("m3", "c1")};
    auto const results = upsert(table, session.side, rows);
    CHECK(results[0].fate == Fate::written);
    CHECK(results[1].fate == Fate::refused);
    CHECK(results[1].reason.starts_with("HTTP 409, 23503"));
    CHECK(results[2].fate == Fate::written);
    CHECK(backend->messages().size() == 2);
}

TEST_CASE("A text with NUL would be refused as a poison row")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_open")};
    auto rows = timed_rows(0, 4);
    rows[2].json = with(rows[2].json, "hello", "hel\\u0000lo");
    auto const results = upsert(table, session.side, rows);
    CHECK(results[2].fate == Fate::refused);
    CHECK(results[2].reason == "HTTP 400, 22P05 (a value does not fit its column)");
    CHECK(count_of(results, Fate::written) == 3);
}

TEST_CASE("A table that refuses everything is asked for one row of the conversation, and nothing is stored")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_uuid"), false};
    auto const results = upsert(table, session.side, timed_rows(0, 500));
    CHECK(count_of(results, Fate::put_back) >= 497); // the last halves are single rows, each tried once
    auto const refused = std::ranges::find(results, Fate::refused, &supabase::RowResult::fate);
    REQUIRE(refused != results.end());
    CHECK(refused->code == "22P02");
    CHECK(refused->reason.find("invalid input") == std::string::npos); // the server's words quote the value
    CHECK(refused->advice.find("Message_uuid") != std::string::npos);
    CHECK(session.requests() <= 20);
    CHECK(backend->messages("Message_uuid").empty());
}

TEST_CASE("A trigger's own refusal concerns its row only, and its words are not repeated")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_raising")};
    auto rows = timed_rows(0, 30);
    rows[11] = timed_row(11, "raise P0001");
    auto const results = upsert(table, session.side, rows);
    CHECK(results[11].fate == Fate::refused);
    CHECK(results[11].reason == "HTTP 400, P0001 (raised by a trigger or function)");
    CHECK(count_of(results, Fate::written) == 29);
    CHECK(session.side.written().find("refused:") == std::string::npos);
}

TEST_CASE("A fault that passes is waited for and takes no row")
{
    auto const backend = any_backend();
    auto const code = GENERATE(as<std::string>{}, "40P01", "55P03", "53300", "57P03");
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_raising")};
    auto rows = timed_rows(0, 10);
    rows[3] = timed_row(3, "raise " + code + " twice");
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == 10);
    CHECK(session.requests() == 3);
    CHECK(session.side.clock.naps().size() == 2);
    CHECK(session.side.clock.slept() >= std::chrono::milliseconds{1500});
    CHECK(session.side.clock.slept() <= std::chrono::milliseconds{2250});
    CHECK(backend->messages("Message_raising").size() == 10);
}

TEST_CASE("A serialization failure passes, whoever repeats it")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_raising")};
    auto rows = timed_rows(0, 10);
    rows[3] = timed_row(3, "raise 40001 twice"); // PostgREST 12.0.2 repeats it by itself
    CHECK(count_of(upsert(table, session.side, rows), Fate::written) == 10);
    CHECK(session.requests() <= 3);
}

TEST_CASE("A row whose fault does not pass is refused after six tries, and takes no other with it")
{
    auto const backend = any_backend();
    Session session{*backend};
    Writing table{session.side.postgrest, layout_of("Message_raising")};
    auto rows = timed_rows(0, 10);
    rows[3] = timed_row(3, "raise 55P03");
    auto const results = upsert(table, session.side, rows);
    CHECK(count_of(results, Fate::written) == 9);
    CHECK(results[3].fate == Fate::refused);
    CHECK(results[3].code == "55P03");
    CHECK(session.requests() <= 6 + 1 + 8); // the whole, an upsert of no rows, and the parts once each
    CHECK(backend->messages("Message_raising").size() == 9);
}

TEST_CASE("A statement timeout halves the request until it passes, and the next one starts there")
{
    auto const backend = any_backend();
    Session session{*backend, KeyKind::hasty}; // a statement of more than about 25 rows is cancelled
    Writing table{session.side.postgrest, layout_of("Message_slow")};
    CHECK(count_of(upsert(table, session.side, timed_rows(0, 80)), Fate::written) == 80);
    auto const first = sizes(session.script);
    REQUIRE(first.size() >= 5);
    CHECK(first[0] == 80);
    CHECK(first[1] == 40);
    CHECK(first[2] <= 20);
    auto const learned = first.back();
    CHECK(count_of(upsert(table, session.side, timed_rows(80, 120)), Fate::written) == 40);
    auto const all = sizes(session.script);
    for (auto i = first.size(); i < all.size(); ++i) {
        CHECK(all[i] <= learned);
    }
    CHECK(backend->messages("Message_slow").size() == 120);
    CHECK(session.side.clock.naps().empty());
}

TEST_CASE("A gateway that takes 32 kB a request gets requests of that size, and a row beyond it is refused alone")
{
    auto const backend = real_backend();
    Session session{*backend, KeyKind::service, "/small/rest/v1"};
    Writing table{session.side.postgrest, layout_of("Message_open")};
    std::vector<Row> rows;
    for (std::size_t i = 0; i < 100; ++i) {
        rows.push_back(timed_row(i, std::string(i == 42 ? 40'000 : 1000, 'x')));
    }
    auto const results = upsert(table, session.side, rows);
    CHECK(count_of(results, Fate::written) == 99);
    CHECK(results[42].fate == Fate::refused);
    CHECK(results[42].reason == "HTTP 413");
    CHECK(session.side.clock.naps().empty());
    CHECK(backend->messages("Message_open").size() == 99);
}

} // namespace
} // namespace backfill::test
