#include "app/notify/notice.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/closing_lines.hpp"
#include "app/log/events.hpp"
#include "app/log/number_text.hpp"
#include "app/log/outcome.hpp"
#include "app/log/summary_json.hpp"
#include "app/log/words.hpp"
#include "app/settings/specs.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>
#include <string_view>
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

/// What settings are called: "STATE_FILE", "--state-file".
std::set<std::string, std::less<>> const& names_of_settings()
{
    static auto const names = [] {
        std::set<std::string, std::less<>> all{"--env-file"};
        for (auto const& spec : setting_specs()) {
            std::ranges::copy(names_of(spec), std::inserter(all, all.end()));
            all.insert(spec.option);
        }
        all.erase("");
        return all;
    }();
    return names;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kCodeLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kNameLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";

/// What `text` begins with, of these letters.
std::string_view leading(std::string_view text, std::string_view letters)
{
    return text.substr(0, std::min(text.find_first_not_of(letters), text.size()));
}

/// "HTTP 400, PGRST100" where the text has it; "" where not.
std::string status_in(std::string_view text)
{
    constexpr std::string_view kHttp = "HTTP ";
    auto const at = text.find(kHttp);
    text.remove_prefix(at == text.npos ? text.size() : at + kHttp.size());
    auto const status = leading(text, kNameLetters);
    if (status.size() != 3 || status != leading(text, kDigits)) {
        return {};
    }
    text.remove_prefix(status.size());
    constexpr std::string_view kComma = ", ";
    auto const code = text.starts_with(kComma) ? leading(text.substr(kComma.size()), kNameLetters) : "";
    bool const is_code = code == leading(code, kCodeLetters) && code.find_first_of(kDigits) != code.npos
        && (code.size() == 5 || (code.size() == 8 && code.starts_with("PGRST")));
    return fmt::format("{}{}{}{}", kHttp, status, is_code ? kComma : "", is_code ? code : "");
}

/// Errors quote values of settings, ids and what servers wrote. So of their text is told only what is ours: the names
/// of settings, and codes at the place where we write them.
std::string why_told(std::string_view text)
{
    Lines known;
    if (auto const status = status_in(text); !status.empty()) {
        known.push_back(status);
    }
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_of(kNameLetters), text.size()));
        auto const name = leading(text, kNameLetters);
        if (names_of_settings().contains(name) && std::ranges::find(known, name) == known.end()) {
            known.emplace_back(name);
        }
        text.remove_prefix(name.size());
    }
    std::string const why = "Standard error says why, and what to do";
    return known.empty() ? why : fmt::format("{}; it names {}", why, fmt::join(known, ", "));
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
    numbers.fatal = numbers.fatal.empty() ? "" : why_told(numbers.fatal);
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
    auto const text =
        fmt::format("{}\n{}.", first_line(settings, row.outcome.empty() ? row.meaning : row.outcome, exit_code),
            why_told(text_of_lines(lines)));
    return {exit_code, text, text + "\n", object(text, [&](JsonWriter& json) {
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
