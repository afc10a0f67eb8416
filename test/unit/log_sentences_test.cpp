// Sentences with a count agree with it, and say what to do about what it counts.

#include "app/log/advice.hpp"
#include "app/log/closing_lines.hpp"
#include "app/log/outcome.hpp"
#include "app/log/run_log.hpp"

#include "support/instant_clock.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <regex>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

/// In which everything that can go wrong has, so often.
RunSnapshot all_wrong(std::size_t number)
{
    RunSnapshot run;
    run.batch_began = true;
    for (auto const& failure : conversation_failures()) {
        run.conversation_failures[std::string{failure.code}] = number;
    }
    for (auto const& failure : message_failures()) {
        run.message_failures[std::string{failure.code}] = number;
    }
    run.conversations.taken = 3 * number;
    run.conversations.processed = number;
    run.conversations.failed = number;
    run.conversations.unread = number;
    run.messages = {.fresh = number,
        .stored = number,
        .failed = number * (message_failures().size() + 1),
        .surplus = number,
        .without_text = number};
    run.failed_before = run.stored_elsewhere = number;
    run.freshchat.sent = number;
    return run;
}

/// Every line that a run, a dry run or a verify of these numbers may end with.
std::vector<std::string> last_lines(RunSnapshot const& run)
{
    std::vector<std::string> lines;
    for (auto const command : {Command::run, Command::dry_run, Command::verify}) {
        for (auto const ending : {Ending::complete, Ending::stopped}) {
            Settings settings;
            settings.command = command;
            settings.pace = Pace::adaptive;
            for (auto const* file : {"", "rejects"}) {
                settings.rejects_file = file;
                std::ranges::copy(next_steps(settings, run, {ending, 3, {}}), std::back_inserter(lines));
            }
            lines.push_back(outcome_heading(settings, run, {ending, 3, {}}));
            for (auto const& event : closing_events(settings, run, ending)) {
                lines.push_back(event.text);
            }
        }
    }
    auto only_unread = run;
    only_unread.conversations.failed = only_unread.messages.failed = 0;
    lines.push_back(outcome_heading({}, only_unread, {Ending::complete, 3, {}}));
    return lines;
}

/// What the log says of these numbers while the run goes on, and at its end.
std::vector<std::string> notes(std::size_t number)
{
    std::vector<std::string> lines;
    auto const keep = [&lines](Event const& event) { lines.push_back(event.text); };
    Log const log{keep, keep};
    InstantClock clock;
    RunFacts facts{clock};
    Settings settings;
    RunLog run_log{settings, facts, log};
    facts.update([number](RunSnapshot& run) { run = all_wrong(number); });
    run_log.rows_without_id(number);
    run_log.list_ended({.read = number, .unread = number, .late = number, .repeated = number});
    facts.update([number](RunSnapshot& run) { run = all_wrong(number); });
    run_log.finished(Ending::complete);
    return lines;
}

bool matches(std::string const& line, char const* pattern)
{
    return std::regex_search(line, std::regex{pattern});
}

} // namespace

TEST_CASE("what is said of one thing is in the singular, and of none or several in the plural")
{
    auto const number = GENERATE(0U, 1U, 2U);
    auto lines = last_lines(all_wrong(number));
    std::ranges::copy(notes(number), std::back_inserter(lines));
    REQUIRE(lines.size() > 20);
    for (auto const& line : lines) {
        CAPTURE(line);
        CHECK_FALSE(matches(line, "\\b1 (messages|conversations|rows|requests|kinds)\\b"));
        CHECK_FALSE(matches(line, "\\b[02] (message|conversation|row|request|kind)\\b"));
        CHECK_FALSE(matches(line, "\\b1 (message|conversation|row) (are|were|have|repeat|count)\\b"));
        CHECK_FALSE(matches(line, "\\b[02] (messages|conversations|rows) (is|was|has|repeats|counts)\\b"));
        CHECK_FALSE(matches(line, "\\ball [01] "));
        bool const is_about_one = matches(line, "\\b1 (message|conversation|row)\\b");
        CHECK_FALSE((is_about_one && matches(line, "\\b(them|they|their|these)\\b")));
    }
}

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
