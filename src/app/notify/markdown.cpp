#include "app/notify/markdown.hpp"

#include "app/log/advice.hpp"
#include "app/log/closing_lines.hpp"
#include "app/log/number_text.hpp"
#include "app/log/outcome.hpp"
#include "app/log/words.hpp"

#include "backfill/core/timestamp.hpp"

#include <fmt/format.h>

#include <string_view>

namespace backfill::app {
namespace {

/// Escaped, but for what is in backticks: names of settings and commands.
std::string markdown(std::string_view text)
{
    constexpr std::string_view kMarks = "\\*_[]<>#|~&$@";
    std::string escaped;
    bool in_code = false;
    for (char const letter : text) {
        in_code = in_code != (letter == '`');
        escaped += !in_code && kMarks.find(letter) != kMarks.npos ? std::string{'\\', letter} : std::string{letter};
    }
    return escaped;
}

} // namespace

std::string markdown_page(Settings const& settings, ToldRun const& told, RunEnd const& end)
{
    auto const& run = told.numbers;
    auto page = fmt::format("## {}: {}\n\nExit code {}: {}. Began {}, took {}.\n\n### What to do next\n\n",
        command_words(settings).name, markdown(outcome_heading(settings, run, end)), end.exit_code,
        markdown(outcome_meaning(settings, end)), timestamp_text(run.started), duration_text(run.elapsed));
    for (auto const& step : next_steps(settings, run, end)) {
        page += "* " + markdown(step) + "\n";
    }
    page += "\n| Summary | |\n|---|--:|\n";
    for (auto const& [name, value] : summary_rows(settings, run)) {
        page += fmt::format("| {} | {} |\n", name, value);
    }
    return page;
}

} // namespace backfill::app
