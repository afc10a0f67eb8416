#include "support/upsert.hpp"

#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::RowResult;

/// Takes every row, but refuses a request with an id that `is_refused`.
Script::Answer refusing(std::function<bool(std::string const&)> is_refused, int status, std::string body)
{
    return [=](http::Request const& request) -> http::Outcome {
        auto const ids = ids_in(request.body);
        return std::ranges::any_of(ids, is_refused) ? reply(status, body) : inserted(ids);
    };
}

/// Takes requests of at most `most` rows.
Script::Answer taking_at_most(std::size_t most, http::Reply const& otherwise)
{
    return [=](http::Request const& request) -> http::Outcome {
        auto const ids = ids_in(request.body);
        return ids.size() > most ? otherwise : inserted(ids);
    };
}

TEST_CASE("An upsert names the unique key, the columns and what it wants back")
{
    auto const [on_conflict, resolution] = GENERATE(
        table<supabase::OnConflict, std::string>({{supabase::OnConflict::ignore, "resolution=ignore-duplicates"},
            {supabase::OnConflict::update, "resolution=merge-duplicates"}}));
    ScriptedSide side{Script::always(inserted({"m0000"}))};
    auto layout = layout_of("Message");
    layout.columns[0].name = "msg id";
    layout.on_conflict = on_conflict;
    Writing table{side.postgrest, layout};
    upsert(table, side, rows_of(0, 1));
    auto const request = side.requests().at(0);
    CHECK(request.target
        == "/Message?on_conflict=%22msg%20id%22&columns=%22msg%20id%22,conversationid,actor_type,message_parts,created_"
           "time"
           "&select=%22msg%20id%22");
    CHECK(header_of(request, "Prefer") == resolution + ",return=representation,count=exact");
    CHECK(request.body == "[" + std::string{rows_of(0, 1)[0].json} + "]");
}

TEST_CASE("No rows make no request")
{
    Upsert upsert{std::vector<http::Outcome>{}};
    CHECK(upsert({}).empty());
}

TEST_CASE("A chunk is parted in its own order, and only a request is sorted by id")
{
    auto rows = rows_of(0, 6);
    std::ranges::reverse(rows); // the oldest has the last id
    Upsert upsert{taking_at_most(3, reply(500, R"({"code":"57014"})"))};
    CHECK(count_of(upsert(rows), Fate::written) == 6);
    auto const requests = upsert.requests();
    REQUIRE(requests.size() == 3);
    CHECK(ids_in(requests[1].body) == std::vector<std::string>{"m0003", "m0004", "m0005"});
    CHECK(ids_in(requests[2].body) == std::vector<std::string>{"m0000", "m0001", "m0002"});
}

TEST_CASE("A row for which a trigger raises a code of the server takes no other with it")
{
    auto const code = GENERATE(
        as<std::string>{}, "58030", "42P10", "25006", "40001", "55P03", "53100", "08006", "57P01", "57014", "57000");
    auto const guilty = [](std::string const& id) { return id == "m0003" || id == "m0004" || id == "m0017"; };
    Upsert upsert{refusing(guilty, 500, R"({"code":")" + code + R"(","message":"SECRET"})")};
    auto const results = upsert(rows_of(0, 40));
    CHECK(count_of(results, Fate::written) == 37);
    for (auto const i : {3, 4, 17}) {
        CHECK(results[i].fate == Fate::refused);
        CHECK(results[i].code == code);
        CHECK(results[i].reason.find("SECRET") == std::string::npos);
        CHECK(results[i].advice.find("trigger") != std::string::npos);
    }
    CHECK(upsert.requests().size() < 40);
}

TEST_CASE("Where an upsert of no rows fails too, no row is to blame")
{
    auto const [code, is_fatal] =
        GENERATE(table<std::string, bool>({{"58030", false}, {"53100", false}, {"42P10", true}, {"25006", true}}));
    Upsert upsert{Script::always(reply(500, R"({"code":")" + code + R"("})"))};
    if (is_fatal) {
        CHECK_THROWS_AS(upsert(rows_of(0, 9)), FatalError);
    } else {
        CHECK(count_of(upsert(rows_of(0, 9)), Fate::lost) == 9);
    }
}

TEST_CASE("Rows that each take the database longer than it may end the upsert, although one of no rows passes")
{
    InstantClock* clock = nullptr;
    Upsert upsert{Script::Answer{[&clock](http::Request const& request) -> http::Outcome {
        if (ids_in(request.body).empty()) {
            return inserted({});
        }
        clock->sleep_until(clock->now() + std::chrono::seconds{8}, {});
        return reply(500, R"({"code":"57014"})");
    }}};
    clock = &upsert.clock;
    auto const results = upsert(rows_of(0, 400));
    CHECK(count_of(results, Fate::written) == 0);
    CHECK(count_of(results, Fate::lost) >= 395);
    CHECK(upsert.requests().size() < 40);
}

TEST_CASE("An upsert whose answer does not tell the resolution is fatal, and the proxy is named")
{
    auto const applied = GENERATE(as<std::string>{}, "", "return=representation, count=exact");
    Upsert upsert{{reply(201, "[]", {{"Preference-Applied", applied}})}};
    auto const text = text_of<FatalError>([&] { upsert(rows_of(0, 2)); });
    CHECK(text.find("proxy") != std::string::npos);
    CHECK(text.find("unique key") == std::string::npos);
}

TEST_CASE("A request has no more than 500 rows")
{
    Upsert upsert{taking_at_most(500, reply(400))};
    CHECK(count_of(upsert(rows_of(0, 1201)), Fate::written) == 1201);
    CHECK(upsert.sizes() == std::vector<std::size_t>{500, 500, 201});
}

TEST_CASE("A statement timeout or a size limit halves the chunk, and the next upsert remembers")
{
    auto const fault = GENERATE(reply(500, R"({"code":"57014","message":"canceling statement"})"), reply(544),
        reply(524), reply(413), reply(414));
    Upsert upsert{taking_at_most(130, fault)};
    CHECK(count_of(upsert(rows_of(0, 500)), Fate::written) == 500);
    CHECK(upsert.sizes() == std::vector<std::size_t>{500, 250, 125, 125, 250, 125, 125});
    CHECK(count_of(upsert(rows_of(0, 300, "n")), Fate::written) == 300);
    auto sizes = upsert.sizes();
    sizes.erase(sizes.begin(), sizes.begin() + 7);
    CHECK(sizes == std::vector<std::size_t>{125, 125, 50});
    CHECK(upsert.clock.naps().empty());
}

TEST_CASE("The chunk is halved down to one row")
{
    Upsert upsert{taking_at_most(1, reply(413))};
    CHECK(count_of(upsert(rows_of(0, 9)), Fate::written) == 9);
    upsert(rows_of(0, 3, "n"));
    CHECK(upsert.sizes().back() == 1);
}

TEST_CASE("A single row that is too long is refused, and all others are stored")
{
    auto const status = GENERATE(413, 414);
    Upsert upsert{refusing([](auto const& id) { return id == "m0007"; }, status, "<html>")};
    auto const results = upsert(rows_of(0, 20));
    CHECK(results[7].fate == Fate::refused);
    CHECK(results[7].reason == "HTTP " + std::to_string(status));
    CHECK(count_of(results, Fate::written) == 19);
    CHECK(upsert.clock.naps().empty());
}

TEST_CASE("Refused rows are found by halving, named with their code, and take no other row with them")
{
    auto const guilty = GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{"m0000"},
        std::vector<std::string>{"m0499"}, std::vector<std::string>{"m0003", "m0004", "m0250"});
    auto const is_guilty = [&](std::string_view id) { return std::ranges::find(guilty, id) != guilty.end(); };
    Upsert upsert{refusing(is_guilty, 400,
        R"j({"code":"22P05","message":"SECRET cannot be text","details":"row (SECRET)","hint":"SECRET"})j")};
    auto const rows = rows_of(0, 500);
    auto const results = upsert(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i].id);
        CHECK(results[i].fate == (is_guilty(rows[i].id) ? Fate::refused : Fate::written));
        CHECK(results[i].reason == (is_guilty(rows[i].id) ? "HTTP 400, 22P05 (a value does not fit its column)" : ""));
    }
    CHECK(upsert.written().find("SECRET") == std::string::npos);
    CHECK(upsert.request_count() <= 1 + 2 * 9 * guilty.size());
}

TEST_CASE("A poison row does not make later chunks smaller")
{
    Upsert upsert{refusing([](auto const& id) { return id == "m0000"; }, 400, R"({"code":"22P02"})")};
    upsert(rows_of(0, 500));
    auto const before = upsert.request_count();
    upsert(rows_of(0, 500, "n"));
    CHECK(upsert.request_count() == before + 1);
}

/// Of three conversations, `each` rows.
std::vector<Row> of_three(std::size_t each)
{
    std::vector<Row> rows;
    for (auto const* conversation : {"c1", "c2", "c3"}) {
        for (std::size_t i = 0; i < each; ++i) {
            rows.push_back(message_row(numbered(conversation, i), conversation));
        }
    }
    return rows;
}

TEST_CASE("While the table has taken no row, one row of each conversation is tried alone and the rest put back")
{
    Upsert upsert{Script::always(reply(400, R"({"code":"22P02","message":"SECRET"})"))};
    Writing table{upsert.postgrest, layout_of("Message"), false};
    auto const results = test::upsert(table, upsert, of_three(160));
    CHECK(count_of(results, Fate::refused) <= 3 * 3); // the last halves are single rows, each tried once
    CHECK(count_of(results, Fate::refused) + count_of(results, Fate::put_back) == 480);
    CHECK(upsert.request_count() < 1 + 2 * 9 + 2 * 2 * 9);
    CHECK(table.acceptance.refused_conversations() == 3);
    CHECK_FALSE(table.acceptance.is_known());
}

TEST_CASE("As soon as the table has taken a row, what was refused with others is parted")
{
    auto const taken = GENERATE(as<std::string>{}, "c1", "c2", "c3");
    Upsert upsert{refusing([&](auto const& id) { return !id.starts_with(taken); }, 500, R"({"code":"P0002"})")};
    Writing table{upsert.postgrest, layout_of("Message"), false};
    auto const results = test::upsert(table, upsert, of_three(160));
    CAPTURE(taken);
    CHECK(count_of(results, Fate::refused) == 320);
    CHECK(count_of(results, Fate::written) == 160);
    CHECK(table.acceptance.is_known());
}

TEST_CASE("After fifty rows refused in a row the rights are proved again, and a lost one ends the run")
{
    auto const allowed = GENERATE(true, false);
    std::size_t proofs = 0;
    Upsert upsert{[&](http::Request const& request) -> http::Outcome {
        if (request.body.find(R"("id")") != std::string::npos) {
            return reply(403, R"({"code":"42501"})");
        }
        ++proofs;
        return allowed ? inserted({}) : reply(403, R"({"code":"42501"})");
    }};
    if (allowed) {
        CHECK(count_of(upsert(rows_of(0, 120)), Fate::refused) == 120);
        CHECK(proofs == 4); // reading and writing, twice
    } else {
        CHECK(text_of<FatalError>([&] { upsert(rows_of(0, 120)); }).find("grant select") != std::string::npos);
    }
}

TEST_CASE("When Supabase stays away, rows answered for keep their fate and the others are lost with the reason")
{
    Upsert upsert{[](http::Request const& request) -> http::Outcome {
        auto const ids = ids_in(request.body);
        return ids.front() == "m0000" ? http::Outcome{inserted(ids)} : http::Outcome{reply(503)};
    }};
    auto const results = upsert(rows_of(0, 700));
    CHECK(count_of(results, Fate::written) == 500);
    CHECK(count_of(results, Fate::lost) == 200);
    CHECK(results[699].reason.find("HTTP 503 (gave up after 6 tries)") != std::string::npos);
    CHECK(upsert.request_count() == 7);
}

TEST_CASE("A stop in the middle of an upsert leaves the answered rows' fates")
{
    Upsert upsert{{inserted({"m0000"}), no_reply(http::TransportError::Kind::stopped)}};
    std::vector<RowResult> results;
    CHECK_THROWS_AS(upsert.table.writer.upsert(rows_of(0, 501), results, upsert.stop), Stopped);
    REQUIRE(results.size() == 501);
    CHECK(results[0].fate == Fate::written);
    CHECK(results[500].fate == Fate::lost);
}

} // namespace
} // namespace backfill::test
