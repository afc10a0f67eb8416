#pragma once

#include "support/simulator_switches.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace backfill::test {

/// One request, in the order of arrival.
struct SeenRequest {
    std::string conversation; ///< percent-decoded
    int page = 0;             ///< of messages; kTheConversation
    int items_per_page = 0;   ///< 0 = not given
    std::chrono::steady_clock::time_point time;
    bool token_correct = false;
    int status = 0;       ///< what was answered; 0 = a fault that answers nothing
    std::string trace_id; ///< the answer's X-Trace-ID
};

struct Counters {
    std::size_t requests = 0;
    std::size_t pages = 0;        ///< answered with a page of messages, in good order
    std::size_t faults = 0;       ///< struck by one of the Switches' faults
    std::size_t throttled = 0;    ///< answered 429, by the quota or a fault
    std::size_t most_at_once = 0; ///< requests in flight at the same moment
};

/// What a Simulator was asked. Any thread.
class Journal {
public:
    /// Empty with Recording::counters.
    std::vector<SeenRequest> requests() const;
    Counters counters() const;
    void clear_requests(); ///< counters too

    /// Waits until `count` requests have been seen since the last clear. Returns false after `patience`.
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds{10}) const;

    /// Calls `seen` for every later request, before it is answered, one at a time.
    void on_request(std::function<void(SeenRequest const&)> seen);

protected:
    enum class Result { page, other, fault };
    void add(SeenRequest const& request, Result result, Recording recording, std::size_t in_flight);

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<SeenRequest> requests_;
    Counters counters_;
    std::function<void(SeenRequest const&)> seen_;
};

} // namespace backfill::test
