#include "app/pipeline/run_health.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using backfill::app::RunHealth;

TEST_CASE("a first conversation that cannot be reached or must not be read ends the run")
{
    auto const check = [](ConversationError const& error) {
        RunHealth first;
        CHECK_THROWS_AS(first.conversation_failed(error), FatalError);
        RunHealth later;
        later.conversation_fetched();
        CHECK_NOTHROW(later.conversation_failed(error));
    };
    check(ConversationError{ConversationFailure::forbidden, "why"});
    check(ConversationError{ConversationFailure::wrong_host, "why"});
    check(UnreachableError{"why"});
}

TEST_CASE("a first conversation that fails otherwise does not end the run")
{
    auto const kind = GENERATE(ConversationFailure::not_found, ConversationFailure::server,
        ConversationFailure::network, ConversationFailure::throttled, ConversationFailure::other);
    RunHealth health;
    CHECK_NOTHROW(health.conversation_failed(ConversationError{kind, "why"}));
}

TEST_CASE("ten conversations in a row without an answer end the run, one that answers starts the count anew")
{
    auto const other_end = GENERATE(0, 1);
    RunHealth health;
    health.conversation_fetched();
    for (int i = 0; i < 9; ++i) {
        health.conversation_failed(
            ConversationError{i % 2 == 0 ? ConversationFailure::network : ConversationFailure::server, "why"});
    }
    other_end == 0 ? health.conversation_fetched()
                   : void(health.conversation_failed(ConversationError{ConversationFailure::other, "why"}));
    for (int i = 0; i < 9; ++i) {
        health.conversation_failed(ConversationError{ConversationFailure::network, "why"});
    }
    CHECK_THROWS_AS(health.conversation_failed(ConversationError{ConversationFailure::server, "why"}), FatalError);
}

TEST_CASE("ten throttled conversations in a row use up the quota, any other end starts the count anew")
{
    using Verdict = RunHealth::Verdict;
    auto const other_end = GENERATE(0, 1);
    RunHealth health;
    auto const throttled = [&health] {
        return health.conversation_failed(ConversationError{ConversationFailure::throttled, "why"});
    };
    for (int i = 0; i < 9; ++i) {
        CHECK(throttled() == Verdict::go_on);
    }
    other_end == 0 ? health.conversation_fetched()
                   : void(health.conversation_failed(ConversationError{ConversationFailure::server, "why"}));
    for (int i = 0; i < 9; ++i) {
        CHECK(throttled() == Verdict::go_on);
    }
    CHECK(throttled() == Verdict::quota_used_up);
    CHECK(throttled() == Verdict::go_on); // said once
}

TEST_CASE("twenty not found ends the run only when they are the first twenty")
{
    RunHealth health;
    for (int i = 0; i < 19; ++i) {
        health.conversation_failed(ConversationError{ConversationFailure::not_found, "why"});
    }
    CHECK_THROWS_WITH(health.conversation_failed(ConversationError{ConversationFailure::not_found, "why"}),
        Catch::Contains("FRESHCHAT_DOMAIN") && Catch::Contains("CONVERSATION_COLUMNS") && Catch::Contains("number")
            && Catch::Contains("CREATED_FROM") && Catch::Contains("ON_NOT_FOUND"));
    RunHealth mixed;
    mixed.conversation_fetched();
    for (int i = 0; i < 100; ++i) {
        CHECK_NOTHROW(mixed.conversation_failed(ConversationError{ConversationFailure::not_found, "why"}));
    }
}

TEST_CASE("twenty that are not found and need not be are told once, and end nothing")
{
    RunHealth health;
    for (int i = 1; i <= 100; ++i) {
        CHECK(health.conversation_ignored().empty() == (i != 20));
    }
    RunHealth later;
    later.conversation_fetched();
    for (int i = 0; i < 20; ++i) {
        CHECK(later.conversation_ignored().empty());
    }
}

TEST_CASE("three failed calls of a kind in a row end the run, whatever the other kind does")
{
    using Call = RunHealth::Call;
    auto const [failing, other] =
        GENERATE(table<Call, Call>({{Call::look_up, Call::upsert}, {Call::upsert, Call::look_up}}));
    RunHealth health;
    health.call_ended(failing, "a");
    health.call_ended(failing, "b");
    health.call_ended(failing);
    health.call_ended(failing, "c");
    health.call_ended(other);
    health.call_ended(failing, "d");
    health.call_ended(other, "x");
    CHECK_THROWS_AS(health.call_ended(failing, "e"), FatalError);
}
