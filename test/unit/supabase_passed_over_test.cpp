// Rows that an upsert did not send back: who stored them, if anybody did.

#include "support/upsert.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

TEST_CASE("Rows that come back were written; of the others those that can be found were stored already")
{
    Upsert upsert{
        {inserted({"m0001", "m0003"}), reply(200, R"([{"id":"m0002","conversationid":"c1"}])"), reply(200, "[]")}};
    auto const results = upsert(rows_of(0, 4));
    CHECK(results[0].fate == Fate::dropped); // a trigger swallowed it
    CHECK(results[1].fate == Fate::written);
    CHECK(results[2].fate == Fate::already_stored);
    CHECK(results[3].fate == Fate::written);
    CHECK(upsert.requests().at(1).target == "/Message?select=id,conversationid&id=in.(m0000,m0002)&order=id.asc");
}

TEST_CASE("Rows that can be found were written, or stored before, however ids are spelled")
{
    auto const first = reply(200, R"([{"id":"M0000"}])");
    auto const second = reply(200, R"([{"id":"M0001"}])");
    Upsert fresh{{inserted({"M0000", "M0001"}), reply(200, R"([{"id":"M0000"},{"id":"M0001"}])"), first, second}};
    CHECK(count_of(fresh(rows_of(0, 2)), Fate::written) == 2);
    Upsert upsert{{inserted({}), reply(200, R"([{"id":"M0000"},{"id":"M0001"}])"), first, second}};
    CHECK(count_of(upsert(rows_of(0, 2)), Fate::already_stored) == 2);
}

TEST_CASE("Rows that a trigger stored under ids of its own are not in the table")
{
    Upsert upsert{{inserted({"x0", "x1"}), reply(200, "[]")}};
    CHECK(count_of(upsert(rows_of(0, 2)), Fate::dropped) == 2);
}

TEST_CASE("Where nobody can say whether rows that did not come back are stored, they are lost and the others are not")
{
    Upsert upsert{{inserted({"m0001"}), reply(500, R"({"code":"XX000"})")}};
    auto const results = upsert(rows_of(0, 2));
    CHECK(results[0].fate == Fate::lost);
    CHECK(results[0].reason.find("HTTP 500") != std::string::npos);
    CHECK(results[1].fate == Fate::written);
}

TEST_CASE("A row that is stored under another conversation is told with that one")
{
    Upsert upsert{
        {inserted({}), reply(200, R"([{"id":"m0000","conversationid":"c2"},{"id":"m0001","conversationid":"c1"}])")}};
    auto const results = upsert(rows_of(0, 2));
    CHECK(count_of(results, Fate::already_stored) == 2);
    CHECK(results[0].stored_under == "c2");
    CHECK(results[1].stored_under == "");
}

TEST_CASE("Rows of an upsert that was sent again are new, unless they are stored under another conversation")
{
    auto const lost =
        GENERATE(no_reply(http::TransportError::Kind::closed), no_reply(http::TransportError::Kind::timeout));
    Upsert upsert{{lost, inserted({}),
        reply(200, R"([{"id":"m0000","conversationid":"c1"},{"id":"m0001","conversationid":"c2"}])")}};
    auto const results = upsert(rows_of(0, 2));
    CHECK(results[0].fate == Fate::written);
    CHECK(results[1].fate == Fate::already_stored);
    Upsert refused{{no_reply(http::TransportError::Kind::connect), inserted({}),
        reply(200, R"([{"id":"m0000","conversationid":"c1"}])")}};
    CHECK(refused(rows_of(0, 1))[0].fate == Fate::already_stored); // nothing was sent before
}

TEST_CASE("Rows of an upsert that may have been carried out are new also where it is sent again in parts")
{
    using Outcomes = std::vector<http::Outcome>;
    auto const stored = [](char const* id) {
        return reply(200, fmt::format(R"([{{"id":"{}","conversationid":"c1"}}])", id));
    };
    auto const parted = [&](Outcomes outcomes) {
        for (auto const* id : {"m0000", "m0001"}) {
            outcomes.insert(outcomes.end(), {inserted({}), stored(id)});
        }
        return outcomes;
    };
    auto const too_long = reply(413);
    auto const refused = reply(409, R"({"code":"23514"})");
    auto const lost = GENERATE_COPY(values<Outcomes>({{reply(504)}, {reply(502), too_long}, {reply(502), refused},
        {no_reply(http::TransportError::Kind::timeout), reply(500, R"({"code":"57014"})")},
        {reply(400, R"({"code":"","message":""})"), too_long}}));
    Upsert upsert{parted(lost)};
    CHECK(count_of(upsert(rows_of(0, 2)), Fate::written) == 2);
    auto const nothing_was_stored = GENERATE_COPY(too_long, refused);
    Upsert other{parted({nothing_was_stored})};
    CHECK(count_of(other(rows_of(0, 2)), Fate::already_stored) == 2);
    auto twice = parted({reply(504)});
    twice.insert(twice.end(), {inserted({}), stored("m0000")});
    Upsert next{twice};
    next(rows_of(0, 2));
    CHECK(next(rows_of(0, 1))[0].fate == Fate::already_stored); // of an earlier upsert nothing is remembered
}
} // namespace
} // namespace backfill::test
