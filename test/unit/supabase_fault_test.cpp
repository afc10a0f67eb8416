#include "supabase_ask.hpp"

#include "supabase/fault.hpp"

#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Divisible;
using supabase::Fault;
using supabase::Payload;
using Kind = http::TransportError::Kind;
using Seconds = std::chrono::duration<double>;
using namespace std::chrono_literals;

/// 0.5 s doubled before each of five more tries, and up to half as much again by chance.
void require_full_backoff(std::vector<Clock::Duration> const& naps)
{
    REQUIRE(naps.size() == 5);
    double wait = 0.5;
    for (auto const nap : naps) {
        CHECK(Seconds{nap}.count() >= wait);
        CHECK(Seconds{nap}.count() <= wait * 1.5);
        wait *= 2;
    }
}

TEST_CASE("A fatal answer is sent once and names table, status and code")
{
    auto const code = GENERATE(as<std::string>{}, "PGRST300", "PGRST301", "PGRST302", "PGRST303", "42501", "42P01",
        "42P10", "25006", "PGRST100", "PGRST101", "PGRST103", "PGRST105", "PGRST106", "PGRST107", "PGRST108",
        "PGRST111", "PGRST112", "PGRST114", "PGRST116", "PGRST118", "PGRST120", "PGRST121", "PGRST122", "PGRST123",
        "PGRST124", "PGRST125", "PGRST200", "PGRST202");
    // Versions differ in the status, so the code alone must decide.
    auto const status = GENERATE(400, 401, 403, 404, 405, 406, 416, 500, 503);
    auto const ending = ask(error(status, code, "permission denied for table Message"));
    CAPTURE(code, status, ending.text);
    CHECK(ending.how == How::fatal);
    CHECK(ending.tries == 1);
    CHECK(ending.naps.empty());
    CHECK(ending.text.find("Message") != std::string::npos);
    CHECK(ending.text.find("HTTP " + std::to_string(status)) != std::string::npos);
    CHECK(ending.text.find(code) != std::string::npos);
    CHECK(ending.text.find("permission denied for table Message") != std::string::npos);
    CHECK(ending.text.find("SECRET") == std::string::npos);
}

TEST_CASE("A status that is fatal by itself is sent once, whatever its body")
{
    auto const status = GENERATE(401, 402, 403, 404, 540, 301, 302, 307, 308);
    auto const body = GENERATE(as<std::string>{}, "", "{}", "<html>no</html>", R"({"message":"no"})", "[]");
    auto const ending = ask(reply(status, body));
    CAPTURE(status, body, ending.text);
    CHECK(ending.how == How::fatal);
    CHECK(ending.tries == 1);
    CHECK(ending.text.find("HTTP " + std::to_string(status)) != std::string::npos);
}

TEST_CASE("Advice of a fatal answer says what mends it")
{
    CHECK(ask(error(403, "42501", "permission denied for table Message"))
              .text.find(R"(grant select on public."Message" to service_role)")
        != std::string::npos);
    CHECK(ask(error(400, "42P10")).text.find("unique key") != std::string::npos);
    CHECK(ask(error(404, "42P01")).text.find("MESSAGE_TABLE") != std::string::npos);
    CHECK(ask(error(404, "PGRST205")).text.find("CONVERSATION_TABLE") != std::string::npos);
    CHECK(ask(reply(404, "{}")).text.find("SUPABASE_URL") != std::string::npos);
    CHECK(ask(error(400, "PGRST204")).text.find("MESSAGE_COLUMNS") != std::string::npos);
    CHECK(ask(error(401, "PGRST301")).text.find("key") != std::string::npos);
    CHECK(ask(error(405, "25006")).text.find("read-only") != std::string::npos);
    CHECK(ask(error(400, "42804")).text.find("MESSAGE_COLUMNS") != std::string::npos);
    CHECK(ask(reply(540)).text.find("paused") != std::string::npos);
    CHECK(ask(reply(402)).text.find("quota") != std::string::npos);
}

TEST_CASE("A row that row-level security refuses is answered with advice about policies and not about grants")
{
    auto const text =
        ask(error(401, "42501", "new row violates row-level security policy for table \\\"Message\\\"")).text;
    CAPTURE(text);
    CHECK(text.find("policy") != std::string::npos);
    CHECK(text.find("SUPABASE_SERVICE_ROLE_KEY") != std::string::npos);
    CHECK(text.find("grant ") == std::string::npos);
}

TEST_CASE("The server's hint is printed with a fatal answer")
{
    auto const ending = ask(reply(
        401, R"({"message":"Invalid API key","hint":"Double check your Supabase `anon` or `service_role` API key."})"));
    CHECK(ending.text.find("Invalid API key") != std::string::npos);
    CHECK(ending.text.find("(hint: Double check your Supabase `anon`") != std::string::npos);
}

TEST_CASE("A column that is not there is asked for once more after five seconds, then fatal")
{
    auto const code = GENERATE(as<std::string>{}, "PGRST204", "PGRST205", "42703");
    auto const status = GENERATE(400, 404, 500);
    auto const ending = ask(error(status, code));
    CAPTURE(code, status, ending.text);
    CHECK(ending.how == How::fatal);
    CHECK(ending.tries == 2);
    CHECK(ending.naps == std::vector<Clock::Duration>{std::chrono::seconds{5}});
}

TEST_CASE("A code that may pass is tried six times with doubled waits, then the batch fails")
{
    auto const code = GENERATE(as<std::string>{}, "40001", "40P01", "55P03", "PGRST003", "57P01", "53000", "53200",
        "53300", "53400", "08000", "08003", "08006", "08P01");
    auto const status = GENERATE(400, 409, 500, 503, 504);
    auto const ending = ask(error(status, code));
    CAPTURE(code, status, ending.text);
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 6);
    require_full_backoff(ending.naps);
    CHECK(ending.text.find(code) != std::string::npos);
    CHECK(ending.text.find("gave up after 6 tries") != std::string::npos);
}

TEST_CASE("A status that may pass is tried six times, whatever its body")
{
    auto const status = GENERATE(408, 425, 429, 500, 502, 503, 520, 521, 522, 523, 525, 529);
    auto const body = GENERATE(as<std::string>{}, "", "<html>Bad Gateway</html>", R"({"message":"upstream"})", "[",
        R"({"code":500,"status":"INTERNAL_SERVER_ERROR"})", R"({"code":"upstream_down"})"); // no code of a database
    auto const ending = ask(reply(status, body));
    CAPTURE(status, body, ending.text);
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 6);
    require_full_backoff(ending.naps);
}

TEST_CASE("A 400 that says nothing is PostgREST without its database, and may pass")
{
    auto const ending = ask(error(400, "", ""));
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 6);
    require_full_backoff(ending.naps);
    CHECK(ending.text.find("lost its connection to the database") != std::string::npos);
    CHECK(ask(error(400, "")).tries == 1); // it says something
}

TEST_CASE("A network fault is tried six times, a refused certificate once")
{
    auto const kind =
        GENERATE(Kind::resolve, Kind::connect, Kind::timeout, Kind::closed, Kind::truncated, Kind::protocol);
    auto const ending = ask(no_reply(kind, "in the test"));
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 6);
    require_full_backoff(ending.naps);

    auto const refused = ask(no_reply(Kind::tls, "certificate verify failed"));
    CHECK(refused.how == How::fatal);
    CHECK(refused.tries == 1);
    CHECK(refused.text.find("certificate verify failed") != std::string::npos);
    CHECK(refused.text.find("CA_FILE") != std::string::npos);
}

TEST_CASE("A request that was too much is not repeated while there is less to ask for")
{
    auto const outcome = GENERATE(error(500, "57014"), error(503, "57014"), reply(544), reply(524, "<html>"),
        reply(504, "upstream request timeout"));
    auto const ending = ask(outcome, Divisible::yes);
    CAPTURE(outcome.status, ending.text);
    CHECK(ending.how == How::answered);
    CHECK(ending.fault == Fault::smaller);
    CHECK(ending.tries == 1);
    CHECK(ending.naps.empty());
}

TEST_CASE("A statement timeout of the least that can be asked for is tried six times")
{
    auto const outcome = GENERATE(error(500, "57014"), reply(544), reply(524));
    auto const ending = ask(outcome, Divisible::no);
    CAPTURE(outcome.status, ending.text);
    CHECK(ending.how == How::batch_failed);
    CHECK(ending.tries == 6);
    require_full_backoff(ending.naps);
}

TEST_CASE("A request that is too long is never repeated as it is")
{
    auto const outcome =
        GENERATE(reply(413), reply(414), reply(431), reply(413, "<html>"), reply(414, R"({"message":"?"})"));
    auto const divisible = GENERATE(Divisible::yes, Divisible::no);
    auto const ending = ask(outcome, divisible);
    CHECK(ending.how == How::answered);
    CHECK(ending.fault == Fault::too_long);
    CHECK(ending.tries == 1);
}

TEST_CASE("A refused value is to be parted, and the server's words about it are never printed")
{
    auto const code = GENERATE(as<std::string>{}, "22P02", "22P05", "22021", "22007", "22008", "22003", "22001",
        "23502", "23503", "23514", "23505", "P0001");
    auto const status = GENERATE(400, 409, 500); // versions differ in it
    auto const ending = ask(error(status, code, "it was SECRET"));
    CAPTURE(code, status, ending.text);
    CHECK(ending.how == How::answered);
    CHECK(ending.fault == Fault::poison);
    CHECK(ending.tries == 1);
    CHECK(ending.text.starts_with("HTTP " + std::to_string(status) + ", " + code + " ("));
    CHECK(ending.written.find("SECRET") == std::string::npos);
}

TEST_CASE("Rows that the database refuses are to be parted, whatever its code and status")
{
    auto const code = GENERATE(as<std::string>{}, "22P02", "23502", "42501", "42P01", "42703", "42883", "P0001",
        "P0002", "P0004", "0A000", "09000", "21000", "28000", "38001", "39000", "3B001", "44000", "54001", "55000",
        "HV000", "XX000", "PT403", "ZZ999", "PGRST111", "PGRST112", "PGRST121", "CUSTOM");
    auto const status = GENERATE(400, 401, 402, 403, 404, 409, 413, 429, 500, 503);
    auto const ending = ask(error(status, code), Divisible::yes, Payload::rows);
    CAPTURE(code, status, ending.text);
    CHECK(ending.fault == Fault::poison);
    CHECK(ending.tries == 1);
}

TEST_CASE("Where no row can be the cause, an upsert ends like any request")
{
    auto const [outcome, how] =
        GENERATE(table<http::Outcome, How>({{error(401, "PGRST301"), How::fatal}, {error(404, "PGRST205"), How::fatal},
            {reply(401, "{}"), How::fatal}, {reply(402), How::fatal}, {reply(503, "<html>"), How::batch_failed},
            {error(504, "PGRST003"), How::batch_failed}, {error(400, "PGRST102"), How::batch_failed}}));
    CHECK(ask(outcome, Divisible::yes, Payload::rows).how == how);
}

TEST_CASE("A code of the server's state may be one that a trigger raised for a row: the caller decides")
{
    auto const [outcome, fault,
        tries] = GENERATE(table<http::Outcome, Fault, std::size_t>({{error(400, "42P10"), Fault::fatal, 1},
        {error(405, "25006"), Fault::fatal, 1}, {error(500, "58030"), Fault::unknown, 1},
        {error(503, "53300"), Fault::unknown, 6}, {error(500, "40P01"), Fault::unknown, 6},
        {error(500, "55P03"), Fault::unknown, 6},
        {error(500, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time"), Fault::unknown, 1}}));
    auto const ending = ask(outcome, Divisible::yes, Payload::rows);
    CAPTURE(ending.text);
    CHECK(ending.how == How::answered);
    CHECK(ending.fault == fault);
    CHECK(ending.tries == tries);
    CHECK(ask(outcome, Divisible::yes).how == (fault == Fault::fatal ? How::fatal : How::batch_failed));
}

TEST_CASE("A firewall's refusal may be about one row's text")
{
    CHECK(ask(reply(403, "<html>"), Divisible::yes, Payload::rows).fault == Fault::poison);
    CHECK(ask(reply(403, "<html>")).how == How::fatal);
}

} // namespace
} // namespace backfill::test
