#include "app/doctor/diagnosis.hpp"

#include "backfill/core/json_text.hpp"

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
        return "Begin with " + label(*check) + ": " + check->advice;
    }
    return "Next: freshchat-backfill dry-run, which writes nothing; then run.";
}

void add(JsonWriter& json, std::string_view key, std::string_view text)
{
    json.key(key);
    json.value(text);
}

} // namespace

void Diagnosis::ok(std::string name, std::string detail)
{
    add({std::move(name), Check::Result::ok, std::move(detail), {}});
}

void Diagnosis::warning(std::string name, std::string detail, std::string advice)
{
    add({std::move(name), Check::Result::warning, std::move(detail), std::move(advice)});
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
    constexpr std::size_t kNameColumn = 24;
    auto name = label(check);
    name.resize(std::max(kNameColumn, name.size() + 1), ' ');
    auto text = std::string{mark(check.result)} + name + check.detail;
    return check.advice.empty() ? text : text + "\n  → " + check.advice;
}

std::string verdict_text(std::vector<Check> const& checks)
{
    auto const failed = count(checks, Check::Result::failed);
    auto const warnings = count(checks, Check::Result::warning);
    auto const of_all = " of " + std::to_string(checks.size()) + " checks";
    auto const verdict = failed > 0 ? "Not ready: " + std::to_string(failed) + of_all + " failed."
        : warnings > 0              ? "Ready, but look at " + std::to_string(warnings) + of_all + "."
                                    : "Ready: all " + std::to_string(checks.size()) + " checks passed.";
    return "\n" + verdict + " " + next_step(checks);
}

std::string diagnosis_json(std::vector<Check> const& checks)
{
    std::string text;
    JsonWriter json{text};
    json.begin('{');
    add(json, "verdict",
        first(checks, Check::Result::failed)        ? "not_ready"
            : first(checks, Check::Result::warning) ? "warnings"
                                                    : "ready");
    add(json, "next", next_step(checks));
    json.key("checks");
    json.begin('[');
    for (auto const& check : checks) {
        json.begin('{');
        add(json, "name", check.name);
        add(json, "result", word(check.result));
        add(json, "detail", check.detail);
        add(json, "advice", check.advice);
        json.end('}');
    }
    json.end(']');
    json.end('}');
    return text;
}

} // namespace backfill::app
