#pragma once

#include "backfill/core/errors.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace backfill::app {

/// When single failures add up to "the run cannot go on". Any thread.
class RunHealth {
public:
    void conversation_fetched();

    /// Throws FatalError when this failure, after those before it, means that going on is of no use.
    void conversation_failed(FetchFailure kind, std::string const& reason);

    void batch_passed();

    /// A look-up or upsert that failed for good. Throws FatalError at the third in a row.
    void batch_failed(std::string const& reason);

private:
    std::mutex mutex_;
    int ended_ = 0;                ///< conversations, fetched or not
    int not_found_from_start_ = 0; ///< 404s before any other end
    int unanswered_in_a_row_ = 0;  ///< network faults and 5xx
    int failed_batches_in_a_row_ = 0;
};

} // namespace backfill::app
