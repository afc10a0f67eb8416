#include "app/settings/updated_since.hpp"

#include "app/settings/readers.hpp"
#include "app/settings/selection.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

namespace backfill::app {

std::optional<UpdatedSince> updated_since(Command command, SettingValues const& values)
{
    auto const value = values.find("UPDATED_SINCE");
    if (!value) {
        return std::nullopt;
    }
    std::optional<UpdatedSince> since;
    if (ascii_lower(value->text) == "last-run") {
        since.emplace();
    } else if (auto const ago = time_with_unit(value->text); ago && ago->count() > 0) {
        since = UpdatedSince{.ago = ago};
    } else if (auto const from = moment_of(value->text, "T00:00:00Z")) {
        since = UpdatedSince{.from = from->text};
    } else {
        refuse(*value,
            "must be last-run, a time back from now (25h, 7d), a date (2025-07-10) or a time "
            "(2025-07-10T19:47:55Z)");
    }
    if (since->is_last_run() && !values.find("STATE_FILE")) {
        refuse(*value, "needs STATE_FILE, which keeps from one run to the next when the last one began");
    }
    return tries_rejects_again(command, values) ? std::nullopt : since;
}

std::string updated_time_column(SettingValues const& values, std::string const& mapped)
{
    auto const columns = *values.find("CONVERSATION_COLUMNS");
    if (mapped.empty() && !columns.origin.empty()) {
        refuse(columns,
            fmt::format("UPDATED_SINCE needs the field updated_time, too: {},updated_time or {},updated_time=COLUMN",
                printable(columns.text), printable(columns.text)));
    }
    return mapped.empty() ? "updated_time" : mapped;
}

} // namespace backfill::app
