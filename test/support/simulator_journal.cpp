#include "support/simulator_journal.hpp"

#include <algorithm>
#include <utility>

namespace backfill::test {

void Journal::add(SeenRequest const& request, Result result, Recording recording, std::size_t in_flight)
{
    std::lock_guard lock{mutex_};
    ++counters_.requests;
    counters_.pages += result == Result::page ? 1 : 0;
    counters_.faults += result == Result::fault ? 1 : 0;
    counters_.throttled += request.status == 429 ? 1 : 0;
    counters_.most_at_once = std::max(counters_.most_at_once, in_flight);
    if (recording == Recording::everything) {
        requests_.push_back(request);
    }
    if (seen_) {
        seen_(request);
    }
    changed_.notify_all();
}

std::vector<SeenRequest> Journal::requests() const
{
    std::lock_guard lock{mutex_};
    return requests_;
}

Counters Journal::counters() const
{
    std::lock_guard lock{mutex_};
    return counters_;
}

void Journal::clear_requests()
{
    std::lock_guard lock{mutex_};
    requests_.clear();
    counters_ = {};
}

bool Journal::wait_for_requests(std::size_t count, std::chrono::milliseconds patience) const
{
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, [&] { return counters_.requests >= count; });
}

void Journal::on_request(std::function<void(SeenRequest const&)> seen)
{
    std::lock_guard lock{mutex_};
    seen_ = std::move(seen);
}

} // namespace backfill::test
