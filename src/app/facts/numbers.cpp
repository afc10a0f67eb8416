#include "app/facts/numbers.hpp"

#include <algorithm>

namespace backfill::app {

MessageCounts& MessageCounts::operator+=(MessageCounts const& other)
{
    fetched += other.fetched;
    fresh += other.fresh;
    stored += other.stored;
    excluded += other.excluded;
    failed += other.failed;
    surplus += other.surplus;
    return *this;
}

std::size_t Calls::throttled() const
{
    auto const found = by_outcome.find("429");
    return found == by_outcome.end() ? 0 : found->second;
}

Waits Waits::operator-(Waits const& other) const
{
    return {quota - other.quota, latency - other.latency, supabase - other.supabase, work - other.work,
        delays - other.delays};
}

std::array<std::pair<LimitedBy, Clock::Duration>, 5> by_limit(Waits const& waits)
{
    return {{{LimitedBy::quota, waits.quota}, {LimitedBy::latency, waits.latency},
        {LimitedBy::supabase, waits.supabase}, {LimitedBy::work, waits.work}, {LimitedBy::delays, waits.delays}}};
}

LimitedBy largest(Waits const& waits)
{
    auto const all = by_limit(waits);
    auto const most = std::ranges::max_element(all, {}, [](auto const& wait) { return wait.second; });
    return most->second > Clock::Duration::zero() ? most->first : LimitedBy::work;
}

} // namespace backfill::app
