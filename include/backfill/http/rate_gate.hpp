#pragma once

#include "backfill/core/clock.hpp"

#include <mutex>
#include <stop_token>

namespace backfill::http {

/// Every call to one host passes this one gate, whatever thread it comes from. Now it holds the pauses that a server
/// asks for (Retry-After); a learned quota has its place here. Waiters stand behind the gate: after each sleep the
/// pause is looked at again, so one that grew meanwhile is kept by all.
class RateGate {
public:
    explicit RateGate(Clock& clock) : clock_{clock} {}

    /// Waits for the end of the pause. Returns false when a stop ended the wait.
    bool wait(std::stop_token const& stop);

    /// Nobody passes before `resume`; an earlier one than the pause in force changes nothing.
    void pause_until(TimePoint resume);

private:
    Clock& clock_;
    std::mutex mutex_;
    TimePoint resume_{};
};

} // namespace backfill::http
