#include "backfill/supabase/request_size.hpp"

#include <algorithm>
#include <chrono>

namespace backfill::supabase {
namespace {

constexpr std::chrono::seconds kSlow{4};    // half of the usual statement timeout
constexpr std::size_t kLeastWhileSlow = 50; // if this takes long, the row count is not why
constexpr int kQuickUntilLarger = 10;

} // namespace

void RequestSize::refused(std::size_t rows)
{
    most_ = rows_ = std::min(rows_, (rows + 1) / 2);
}

void RequestSize::taken(std::size_t rows, Clock::Duration took)
{
    if (took >= kQuick) {
        quick_in_a_row_ = 0;
    } else if (rows == rows_) { // a smaller one says nothing
        ++quick_in_a_row_;
    }
    if (took > kSlow) {
        rows_ = std::min(rows_, std::max((rows + 1) / 2, kLeastWhileSlow));
    } else if (quick_in_a_row_ == kQuickUntilLarger) {
        rows_ = std::min(2 * rows_, most_);
        quick_in_a_row_ = 0;
    }
}

} // namespace backfill::supabase
