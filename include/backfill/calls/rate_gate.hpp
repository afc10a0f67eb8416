#pragma once

#include "backfill/calls/quota.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/time_tally.hpp"
#include "backfill/http/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>

namespace backfill::calls {

class LearnedCeiling;

/// Every call to one host passes this one gate, whatever thread it comes from; each attempt takes a slot, a retry too.
/// Without quota options it holds the pauses that a server asks for (Retry-After); with them it also learns the host's
/// quota and spaces the calls below it. Waiters stand behind the gate: after each sleep the pause is looked at again,
/// so one that grew meanwhile is kept by all. Any thread.
class RateGate {
public:
    explicit RateGate(Clock& clock);
    RateGate(Clock& clock, QuotaOptions const& options);
    ~RateGate();
    RateGate(RateGate const&) = delete;
    RateGate& operator=(RateGate const&) = delete;

    /// How long pauses keep one call, over all its waits. Standing in line for slots is not in it: many fetchers under
    /// a small quota always do.
    struct Pauses {
        Clock::Duration most = Clock::Duration::max();
        Clock::Duration spent{};
    };
    enum class Pass { free, stopped, too_long };

    /// Waits for a slot. Ends at once when a pause would take more than is left.
    Pass wait(std::stop_token const& stop, Pauses& pauses);

    /// What came back for an attempt sent at `sent`.
    void answered(TimePoint sent, http::Outcome const& outcome);

    /// Nobody passes before `resume`; an earlier one than the pause in force changes nothing.
    void pause_until(TimePoint resume);

    /// When a retry after a fault may follow; not before `earliest`. Retries beyond a tenth of the calls wait longer.
    TimePoint retry_at(TimePoint earliest);

    /// Waits until then, which counts as time in calls: it is the side's fault. Returns false when a stop ended the
    /// wait.
    bool back_off(TimePoint earliest, std::stop_token const& stop);

    /// With a quota to learn, a 429 says nothing against the call: it waits, up to `max_wait()`, and costs no try.
    bool learns_quota() const { return ceiling_ != nullptr; }
    std::chrono::milliseconds max_wait() const { return max_wait_; }

    Traffic traffic() const;

private:
    TimePoint next_slot() const;
    TimePoint pause_ends() const;

    Clock& clock_;
    std::chrono::milliseconds max_wait_{};
    mutable std::mutex mutex_;
    TimePoint resume_{};
    std::unique_ptr<LearnedCeiling> ceiling_; ///< null = pauses only
    std::set<std::uint64_t> line_;            ///< who waits, in the order of arrival
    std::uint64_t next_ticket_ = 0;
    TimeTally waited_;
    TimeTally in_calls_;
    Traffic traffic_; ///< without the times
};

} // namespace backfill::calls
