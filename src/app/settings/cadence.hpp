#pragma once

#include "app/settings/settings.hpp"

#include <chrono>
#include <cstddef>

namespace backfill::app {

/// Whether delays or a quota hold the fetchers back. Where they do, rows trickle: they go out soon and by one writer.
bool is_held_back(Settings const& settings);

std::size_t writer_count(Settings const& settings);

/// How long a chunk that is not full waits for more rows.
std::chrono::milliseconds linger(Settings const& settings);

} // namespace backfill::app
