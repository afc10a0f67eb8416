#pragma once

#include "backfill/calls/quota.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/time_tally.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>

namespace backfill::calls {

class LearnedCeiling;

/// The gate in front of one host: every attempt takes a slot here, a retry too. Keeps the pauses that a server asks for
/// (Retry-After); with quota options, also learns the host's quota and spaces calls below it. Waiters check the pause
/// again after each sleep, so all keep one that grew meanwhile. Any thread.
class RateGate {
public:
    explicit RateGate(Clock& clock);
    RateGate(Clock& clock, QuotaOptions const& options);
    ~RateGate();
    RateGate(RateGate const&) = delete;
    RateGate& operator=(RateGate const&) = delete;

    /// How long pauses hold up one call, over all its waits. Queueing for slots does not count: many fetchers under a
    /// small quota always do.
    struct Pauses {
        Clock::Duration most = Clock::Duration::max();
        Clock::Duration spent{};
    };
    enum class Pass { free, stopped, too_long };

    /// Waits for a slot. Ends at once when a pause would take more than is left.
    Pass wait(std::stop_token const& stop, Pauses& pauses);

    /// Records the outcome of an attempt sent at `sent`.
    void answered(TimePoint sent, http::Outcome const& outcome);

    /// Lets nobody pass before `resume`; never shortens a pause.
    void pause_until(TimePoint resume);

    /// Waits for the moment of a retry after a fault, not before `earliest`: retries beyond a tenth of the calls wait
    /// longer. That counts as time in calls, since the host caused it. Returns false when stopped.
    bool back_off(TimePoint earliest, std::stop_token const& stop);

    /// True when a 429 is about the quota and not the call, which then waits and loses no try.
    bool learns_quota() const { return ceiling_ != nullptr; }

    /// How many calls must be under way at once to keep the pace, by the time that answers take: some more than the
    /// product of both, for the work between two calls. 0 where no quota is learned, or no answer has come.
    std::size_t calls_needed() const;

    Clock::Duration pause_left() const; ///< until the server's last hint has passed

    Traffic traffic() const;

private:
    TimePoint next_slot() const;
    TimePoint pause_ends() const;
    bool is_warming_up(TimePoint now) const;

    Clock& clock_;
    std::chrono::milliseconds max_wait_{};
    mutable std::mutex mutex_;
    TimePoint resume_{};
    std::unique_ptr<LearnedCeiling> ceiling_; ///< null = pauses only
    std::set<std::uint64_t> line_;            ///< tickets of the waiters, in order of arrival
    std::uint64_t next_ticket_ = 0;
    std::chrono::duration<double> answer_time_{}; ///< of accepted calls, the last ones most
    TimeTally waited_;
    TimeTally warmup_;
    TimeTally in_calls_;
};

} // namespace backfill::calls
