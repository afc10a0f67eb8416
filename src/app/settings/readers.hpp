#pragma once

#include "app/settings/values.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// Typed reads of settings that are set or have a default. Each throws UsageError that names the option or variable,
/// its value, and what is allowed.

[[noreturn]] void refuse(SettingValue const& value, std::string const& allowed);

long long number(SettingValues const& values, std::string const& name, long long low, long long high);

/// A number with a fraction, "0.9".
double fraction(SettingValues const& values, std::string const& name, double low, double high);

/// "90s", "15m", "2h", "500ms", a number alone = seconds. Nothing when it is unset.
std::optional<std::chrono::milliseconds> duration(SettingValues const& values, std::string const& name,
    std::chrono::milliseconds low, std::chrono::milliseconds high);

/// "" when it is unset.
std::string text(SettingValues const& values, std::string const& name);

bool flag(SettingValues const& values, std::string const& name);

/// "fixed or adaptive", for messages.
std::string one_of(std::vector<std::string> const& words);

/// The index of the value among the setting's choices.
std::size_t choice(SettingValues const& values, std::string const& name);

/// Which moment of a day a date alone means.
enum class DayEdge { start, end };

/// RFC 3339 in UTC; empty when the setting is unset.
std::string moment(SettingValues const& values, std::string const& name, DayEdge edge);

} // namespace backfill::app
