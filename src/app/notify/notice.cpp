#include "app/notify/notice.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/closing_lines.hpp"
#include "app/log/events.hpp"
#include "app/log/number_text.hpp"
#include "app/log/outcome.hpp"
#include "app/log/summary_json.hpp"
#include "app/log/words.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backfill::app {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kMostOfChat = 5; // lines

std::string text_of_lines(Lines const& lines)
{
    return fmt::format("{}", fmt::join(lines, "\n"));
}

std::string first_line(Settings const& settings, std::string const& what, int exit_code)
{
    return fmt::format("{}: {} (exit code {})", command_words(settings).name, what, exit_code);
}

/// "Summary: { totalConversations: 700, … }"
std::string numbers_line(Settings const& settings, RunSnapshot const& run)
{
    Lines numbers;
    for (auto const& [name, value] : summary_rows(settings, run)) {
        numbers.push_back(name + ": " + value);
    }
    return fmt::format("Summary: {{ {} }}", fmt::join(numbers, ", "));
}

/// On a line each: how it ended, its numbers, and what to do next or, after a success, what it found.
std::string chat_text(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    Lines lines{first_line(settings, outcome_heading(settings, run, end), end.exit_code)};
    auto const events = closing_events(settings, run, end.ending);
    if (!events.empty()) {
        lines.push_back(numbers_line(settings, run));
    }
    if (end.exit_code != ExitCode::kSuccess) {
        std::ranges::copy(first_steps(settings, run, end, kMostOfChat - lines.size()), std::back_inserter(lines));
        return text_of_lines(lines);
    }
    for (auto const& event : events) {
        if (event.name == "run_estimate" || event.name == "all_there") {
            lines.push_back(event.text);
        }
    }
    return text_of_lines(lines);
}

std::string closing_text(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    Lines lines{first_line(settings, outcome_heading(settings, run, end), end.exit_code)};
    if (!run.fatal.empty()) {
        lines.push_back(fatal_event(run.fatal).text);
    }
    for (auto const& event : closing_events(settings, run, end.ending)) {
        lines.push_back(event.text);
    }
    for (auto const& event : next_step_events(settings, run, end)) {
        lines.push_back(event.text);
    }
    return text_of_lines(lines) + "\n";
}

template <typename WriteMembers>
std::string object(std::string const& text, WriteMembers write_members)
{
    std::string object;
    JsonWriter json{object};
    json.begin('{');
    json.member("text", text);
    write_members(json);
    json.end('}');
    return object;
}

} // namespace

ToldRun::ToldRun(RunSnapshot run) : numbers{std::move(run)}
{
    numbers.fatal = calls::without_request_ids(numbers.fatal);
}

Notice notice_of(Settings const& settings, ToldRun const& told, RunEnd const& end)
{
    auto const& run = told.numbers;
    auto const text = chat_text(settings, run, end);
    return {end.exit_code, text, closing_text(settings, run, end),
        object(text, [&](JsonWriter& json) { write_result(json, settings, run, end); })};
}

Notice notice_of_error(Command command, int exit_code, std::vector<std::string> const& lines)
{
    Settings settings; // what it reads of them is the command
    settings.command = command;
    auto const& row = exit_code_text(exit_code);
    auto const first = first_line(settings, row.outcome.empty() ? row.meaning : row.outcome, exit_code);
    Lines chat{first};
    chat.insert(chat.end(), lines.begin(),
        lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), kMostOfChat - 1)));
    if (lines.size() >= kMostOfChat) {
        chat.back() = plain_counted(lines.size() - (kMostOfChat - 2), "line") + " more on standard error.";
    }
    auto const text = text_of_lines(chat);
    return {exit_code, text, first + "\n" + text_of_lines(lines) + "\n", object(text, [&](JsonWriter& json) {
                json.member("version", version());
                json.member("command", name_of(command));
                json.member("exit_code", static_cast<std::size_t>(exit_code));
            })};
}

Notice test_notice()
{
    std::string const text = "freshchat-backfill doctor: this is a test message.\nRuns with the same NOTIFY_URL tell "
                             "here how they ended: those that failed, or with NOTIFY_ON=always all.";
    return {ExitCode::kSuccess, text, text, object(text, [](JsonWriter& json) {
                json.member("version", version());
                json.member("command", name_of(Command::doctor));
            })};
}

} // namespace backfill::app
