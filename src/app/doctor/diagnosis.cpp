#include "app/doctor/diagnosis.hpp"

#include "backfill/core/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

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

Check const* first(std::vector<Check> const& checks, Check::Result result)
{
    auto const found = std::ranges::find(checks, result, &Check::result);
    return found == checks.end() ? nullptr : &*found;
}

std::string next_step(std::vector<Check> const& checks)
{
    if (auto const* check = first(checks, Check::Result::failed)) {
        return fmt::format("Begin with {}: {}", label(*check), check->advice);
    }
    return "Next: freshchat-backfill dry-run, which writes nothing; then run.";
}

} // namespace

void Diagnosis::passed(std::string name, std::string detail, std::string advice)
{
    auto const result = advice.empty() ? Check::Result::ok : Check::Result::warning;
    add({std::move(name), result, std::move(detail), std::move(advice)});
}

void Diagnosis::failed(std::string name, std::string detail, std::string advice)
{
    add({std::move(name), Check::Result::failed, std::move(detail), std::move(advice)});
}

void Diagnosis::add(Check check)
{
    listener_(check);
    checks_.push_back(std::move(check));
}

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
    auto const verdict = failed > 0 ? fmt::format("Not ready: {} of {} checks failed.", failed, all)
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
        first(checks, Check::Result::failed)        ? "not_ready"
            : first(checks, Check::Result::warning) ? "warnings"
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
