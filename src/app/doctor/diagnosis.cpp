#include "app/doctor/diagnosis.hpp"

#include "backfill/core/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace backfill::app {
namespace {

std::string label(Check const& check)
{
    auto text = check.name;
    std::ranges::replace(text, '_', ' ');
    return text;
}

std::string_view mark(Check::Result result)
{
    return result == Check::Result::ok ? "✓ " : result == Check::Result::warning ? "! " : "✗ ";
}

std::string_view word(Check::Result result)
{
    return result == Check::Result::ok ? "ok" : result == Check::Result::warning ? "warning" : "failed";
}

std::string next_step(std::vector<Check> const& checks)
{
    auto first = std::ranges::find(checks, Check::Result::failed, &Check::result);
    first = first == checks.end() ? std::ranges::find(checks, true, &Check::leaves_nothing) : first;
    return first == checks.end()
        ? "Next, with the same settings: freshchat-backfill run --limit 5, then verify --limit 5, then run."
        : fmt::format("Begin with {}: {}", label(*first), first->advice);
}

} // namespace

std::size_t count(std::vector<Check> const& checks, Check::Result result)
{
    return static_cast<std::size_t>(std::ranges::count(checks, result, &Check::result));
}

std::string check_text(Check const& check)
{
    auto const text = fmt::format("{}{:<23} {}", mark(check.result), label(check), check.detail);
    return check.advice.empty() ? text : text + "\n  → " + check.advice;
}

std::string verdict_text(std::vector<Check> const& checks)
{
    auto const failed = count(checks, Check::Result::failed);
    auto const warnings = count(checks, Check::Result::warning);
    auto const all = checks.size();
    auto const idle = std::ranges::find(checks, true, &Check::leaves_nothing);
    auto const verdict = failed > 0 ? fmt::format("Not ready: {} of {} checks failed.", failed, all)
        : idle != checks.end()      ? fmt::format("Nothing to do yet: {}.", idle->detail)
        : warnings > 0              ? fmt::format("Ready, but look at {} of {} checks.", warnings, all)
                                    : fmt::format("Ready: all {} checks passed.", all);
    return fmt::format("\n{} {}", verdict, next_step(checks));
}

std::string diagnosis_json(std::vector<Check> const& checks)
{
    std::string text;
    JsonWriter json{text};
    json.begin('{');
    json.member("verdict",
        count(checks, Check::Result::failed) > 0        ? "not_ready"
            : count(checks, Check::Result::warning) > 0 ? "warnings"
                                                        : "ready");
    json.member("next", next_step(checks));
    json.key("checks");
    json.begin('[');
    for (auto const& check : checks) {
        json.begin('{');
        json.member("name", check.name);
        json.member("result", word(check.result));
        json.member("detail", check.detail);
        json.member("advice", check.advice);
        json.end('}');
    }
    json.end(']');
    json.end('}');
    return text;
}

} // namespace backfill::app
