#pragma once

#include "app/progress/progress_meter.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/log.hpp"

#include <cstddef>
#include <string>

namespace backfill::app {

enum class Colours { none, some };

/// One line of fewer than `columns` columns; a narrow terminal lacks what matters least. ASCII only, so every byte
/// except those of colours is a column.
std::string progress_bar(ProgressView const& view, Settings const& settings, std::size_t columns, Colours colours);

/// The same facts as a line for logs, and as fields.
Event progress_event(ProgressView const& view, Settings const& settings);

} // namespace backfill::app
