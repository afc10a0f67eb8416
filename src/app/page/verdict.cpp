#include "app/page/verdict.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/log/advice.hpp"
#include "app/log/outcome.hpp"
#include "app/page/html_text.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace backfill::app {
namespace {

std::string step_html(std::string_view step)
{
    auto text = html(step);
    bool opens = true;
    for (auto at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
        text.replace(at, 1, std::exchange(opens, !opens) ? "<code>" : "</code>");
    }
    return text;
}

} // namespace

RunVerdict verdict(Settings const& settings, RunSnapshot const& run, RunEnd const& end)
{
    auto const* const grade = end.ending == Ending::fatal || !end.output_error.empty() ? "bad"
        : end.ending == Ending::stopped || end.exit_code == ExitCode::kSomeFailed      ? "unfinished"
                                                                                       : "good";
    std::vector<std::string> next;
    std::ranges::transform(next_steps(settings, run, end), std::back_inserter(next), step_html);
    return {grade, outcome_heading(settings, run, end), outcome_meaning(settings, end), std::move(next)};
}

} // namespace backfill::app
