#include "backfill/http/rate_gate.hpp"

#include <algorithm>

namespace backfill::http {

bool RateGate::wait(std::stop_token const& stop)
{
    while (!stop.stop_requested()) {
        TimePoint resume;
        {
            std::lock_guard lock{mutex_};
            resume = resume_;
        }
        if (clock_.now() >= resume) {
            return true;
        }
        clock_.sleep_until(resume, stop);
    }
    return false;
}

void RateGate::pause_until(TimePoint resume)
{
    std::lock_guard lock{mutex_};
    resume_ = std::max(resume_, resume);
}

} // namespace backfill::http
