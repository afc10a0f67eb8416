#pragma once

#include "app/settings/values.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace backfill::app {

/// UPDATED_SINCE as it is set. What it comes to, a run knows when it begins.
struct UpdatedSince {
    std::string from{};                             ///< RFC 3339; or
    std::optional<std::chrono::milliseconds> ago{}; ///< before the run begins; neither: since the last run's mark

    bool is_last_run() const { return from.empty() && !ago; }

    /// The same for all spellings, and whenever the run begins.
    std::string text() const { return is_last_run() ? "last-run" : ago ? std::to_string(ago->count()) + "ms" : from; }
};

/// Nothing when it is unset, or does not hold: rejects are tried whenever their conversations were changed. Throws
/// UsageError.
std::optional<UpdatedSince> updated_since(Command command, SettingValues const& values);

/// The column that it asks for; `mapped` is the one that CONVERSATION_COLUMNS names, "" for none. Throws UsageError.
std::string updated_time_column(SettingValues const& values, std::string const& mapped);

} // namespace backfill::app
