#pragma once

#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"

#include <chrono>
#include <cstddef>

namespace backfill::supabase {

/// How many rows a request carries: fewer while the database is slow, before its statement timeout (8 s for the service
/// role) cuts requests off, and more again when it is quick. One thread.
class RequestSize {
public:
    static constexpr std::chrono::seconds kQuick{1}; ///< a request that took less was quick

    std::size_t rows() const { return rows_; }

    void refused(std::size_t rows); ///< a request of so many was too much, and always will be
    void taken(std::size_t rows, Clock::Duration took);

private:
    std::size_t most_ = ChunkLimits{}.rows; ///< the largest that was not refused
    std::size_t rows_ = most_;
    int quick_in_a_row_ = 0;
};

} // namespace backfill::supabase
