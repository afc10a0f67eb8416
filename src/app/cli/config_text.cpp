#include "app/cli/config_text.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace backfill::app {
namespace {

struct Row {
    std::string name;
    std::string value;
    std::string origin;
};

/// Shows whether a key was cut off when pasted, and nothing of the key.
std::string masked(std::size_t length)
{
    constexpr std::size_t kShort = 40;
    constexpr std::size_t kLong = 200;
    return length < kShort ? "set (less than 40 characters)"
        : length < kLong   ? "set (40 to 199 characters)"
                           : "set (200 characters or more)";
}

/// Throws UsageError for an invalid URL: it could carry a password, so it must not be shown.
std::string shown(SettingSpec const& spec, SettingValue const& value)
{
    constexpr std::size_t kLongest = 2000;
    try {
        if (spec.kind == SettingKind::url) {
            http::parse_endpoint(value.text);
        }
    } catch (std::invalid_argument const& error) {
        throw UsageError{value.origin + ": " + error.what()};
    }
    return printable(value.text, kLongest);
}

Row secret_row(SettingSpec const& spec, SettingValues const& values)
{
    auto const& name = spec.name();
    auto const secret = values.find_secret(name);
    if (!secret) {
        bool const has_substitute = spec.need == Need::one_key && values.find_secret("SUPABASE_ANON_KEY");
        bool const is_missing = spec.need != Need::optional && !has_substitute;
        return {name, "-", is_missing ? "unset (required)" : "unset"};
    }
    return {name, masked(secret->text.size()),
        secret->origin + (secret->file.empty() ? "" : ": " + printable(secret->file))};
}

Row value_row(SettingSpec const& spec, SettingValues const& values, Settings const* checked)
{
    auto const& name = spec.name();
    auto const value = values.find(name);
    if (!value) {
        return {name, "-", spec.need == Need::required ? "unset (required)" : "unset"};
    }
    if (!value->origin.empty()) {
        return {name, shown(spec, *value), value->origin};
    }
    if (name == "CONCURRENCY" && checked != nullptr && std::to_string(checked->concurrency) != value->text) {
        return {name, std::to_string(checked->concurrency), "default of PACE=adaptive"};
    }
    return {name, shown(spec, *value), "default"};
}

} // namespace

ConfigText config_text(SettingValues const& values, Settings const* checked)
{
    std::vector<Row> rows{{"SETTING", "VALUE", "ORIGIN"}};
    std::vector<std::string> refusals;
    for (auto const& spec : setting_specs()) {
        try {
            rows.push_back(
                spec.kind == SettingKind::secret ? secret_row(spec, values) : value_row(spec, values, checked));
        } catch (UsageError const& error) {
            rows.push_back({spec.name(), "-", "refused, see below"});
            refusals.emplace_back(error.what());
        }
    }
    constexpr std::size_t kWidestValue = 60; // a longer one shifts only its own origin
    std::size_t name_width = 0;
    std::size_t value_width = 0;
    for (auto const& row : rows) {
        name_width = std::max(name_width, row.name.size());
        value_width = std::max(value_width, row.value.size() > kWidestValue ? 0 : row.value.size());
    }
    std::string table;
    for (auto const& row : rows) {
        table += fmt::format(
            "{}{:{}}  {:{}}  {}", table.empty() ? "" : "\n", row.name, name_width, row.value, value_width, row.origin);
    }
    return {table, refusals};
}

} // namespace backfill::app
