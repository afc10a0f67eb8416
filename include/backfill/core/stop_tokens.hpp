#pragma once

#include <functional>
#include <stop_token>

namespace backfill {

/// How a run is stopped: `soft` ends waits, reads and Freshchat calls at once, while conversations already fetched are
/// still stored; `hard` ends the last upserts too.
struct StopTokens {
    std::stop_token soft;
    std::stop_token hard;
    std::function<void()> request; ///< for a run that stops itself: the soft stop, and the hard one in due time
};

} // namespace backfill
