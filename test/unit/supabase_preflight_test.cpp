// The proofs of a preflight, side by side.

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/preflight.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <utility>

namespace backfill::test {
namespace {

using supabase::Access;

/// Three connections, one for each proof.
struct ThreeSides {
    using Answer = Script::Answer;

    ThreeSides(Answer list, Answer reading, Answer writing)
        : first{std::move(list)}, second{std::move(reading)}, third{std::move(writing)}
    {
    }

    supabase::Sight preflight(Access access = Access::write)
    {
        return supabase::preflight(first.postgrest, "Conversation", layout_of("Message"), access, first.stop,
            {&second.postgrest, &third.postgrest});
    }

    ScriptedSide first;
    ScriptedSide second;
    ScriptedSide third;
};

http::Reply const kPassed = reply(201, "[]", {{"Content-Range", "*/0"}, {"Preference-Applied", "resolution=x"}});

TEST_CASE("Proofs that have connections of their own are made side by side")
{
    std::latch all_are_out{3};
    auto const answer = [&](auto const& /*request*/) -> http::Outcome {
        all_are_out.arrive_and_wait(); // else none is answered
        return kPassed;
    };
    ThreeSides sides{answer, answer, answer};
    CHECK_NOTHROW(sides.preflight());
    CHECK(sides.third.requests().at(0).method == http::Request::Method::post);
}

TEST_CASE("Of several proofs that fail, the first in order is told, whichever is known first")
{
    std::atomic<int> failed = 0; // or passed, of those that answer first
    auto const at_once = [&](http::Outcome const& answer) {
        return [&, answer](auto const& /*request*/) {
            ++failed;
            return answer;
        };
    };
    auto const late = [&](http::Outcome const& answer) {
        return [&, answer](auto const& /*request*/) {
            while (failed < 2) {
                std::this_thread::yield();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20}); // until it is known
            return answer;
        };
    };
    auto const without_key = reply(400, R"({"code":"42P10"})");
    auto const without_right = reply(403, R"({"code":"42501"})");
    auto const without_type = reply(400, R"({"code":"22P02"})");
    SECTION("the conversation table")
    {
        ThreeSides sides{late(without_right), at_once(without_type), at_once(without_key)};
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
    SECTION("the message table")
    {
        ThreeSides sides{at_once(kPassed), late(without_right), at_once(without_key)};
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
}

TEST_CASE("A proof that failed ends the waits of those behind it, and a stop the waits of all")
{
    auto const waits = [](auto const& /*request*/) -> http::Outcome { return reply(503, R"({"code":"PGRST002"})"); };
    bool const by_stop = GENERATE(false, true);
    ThreeSides sides{by_stop ? Script::Answer{waits} : Script::always(reply(403, R"({"code":"42501"})")), waits, waits};
    for (auto* const side : {&sides.first, &sides.second, &sides.third}) {
        side->clock.on_nap([&](auto) {
            if (by_stop) {
                sides.first.stopping.request_stop();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{20}); // the tries would go on for a while
        });
    }
    if (by_stop) {
        CHECK_THROWS_AS(sides.preflight(), Stopped);
    } else {
        CHECK(text_of<FatalError>([&] { sides.preflight(); }).find("42501") != std::string::npos);
    }
    CHECK(sides.second.request_count() <= 3);
    CHECK(sides.third.request_count() <= 3);
}

TEST_CASE("A dry run's preflight sends nothing but GET, on several connections too")
{
    ThreeSides sides{Script::always(kPassed), Script::always(kPassed), Script::always(kPassed)};
    sides.preflight(Access::read);
    for (auto const* const side : {&sides.first, &sides.second, &sides.third}) {
        for (auto const& request : side->requests()) {
            CHECK(request.method == http::Request::Method::get);
        }
    }
    CHECK(sides.first.request_count() + sides.second.request_count() + sides.third.request_count() == 2);
}

TEST_CASE("An upsert of no rows that is refused by a trigger is a doubt; rights, keys, views and the server are none")
{
    auto const [code, is_doubt] = GENERATE(table<std::string, bool>({{"P0001", true}, {"22012", true}, {"23514", true},
        {"45000", true}, {"42501", false}, {"42P10", false}, {"42809", false}, {"55000", false}, {"25006", false},
        {"0A000", false}, {"53300", false}, {"57P01", false}}));
    CAPTURE(code);
    auto const refused = reply(400, R"({"code":")" + code + R"(","details":null,"hint":null,"message":"x"})");
    ThreeSides sides{Script::always(kPassed), Script::always(kPassed), Script::always(refused)};
    auto& side = sides.third;
    CHECK_FALSE(supabase::takes_upserts(side.postgrest, layout_of("Message"), side.stop));
    if (is_doubt) {
        auto const sight = sides.preflight();
        REQUIRE(sight.unproven);
        CHECK(sight.unproven->found.find("an upsert of no rows is refused: HTTP 400, " + code) != std::string::npos);
    } else {
        CHECK_THROWS_AS(sides.preflight(), FatalError);
    }
}

TEST_CASE("A table whose count is an estimate of 0 has the rows that came")
{
    ScriptedSide side{Script::always(
        reply(206, R"([{"id":"a","created_time":"2025-01-01T00:00:00+00:00"}])", {{"Content-Range", "0-0/0"}}))};
    CHECK(supabase::prove_conversations(side.postgrest, "Conversation", side.stop) == 1);
}

TEST_CASE("A table that takes upserts is known by one of no rows")
{
    ScriptedSide side{Script::always(kPassed)};
    CHECK(supabase::takes_upserts(side.postgrest, layout_of("Message"), side.stop));
    CHECK(side.requests().at(0).body == "[]");
}

} // namespace
} // namespace backfill::test
