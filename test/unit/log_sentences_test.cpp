// What the last lines of a run say to do.

#include "app/log/advice.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;

TEST_CASE("an id that Freshchat cannot have, and one that has left the table, have advice of their own")
{
    auto const told = [](ConversationFailure failure) {
        RunSnapshot run;
        run.conversations.failed = 1;
        run.conversation_failures[std::string{code_of(failure)}] = 1;
        auto const steps = next_steps({}, run, {Ending::complete, 3, {}});
        REQUIRE(steps.size() == 1);
        return steps.front();
    };
    CHECK(told(ConversationFailure::other).find("Correct such an id in the conversation table") != std::string::npos);
    CHECK(told(ConversationFailure::not_in_table).find("delete its lines from that file") != std::string::npos);
}
