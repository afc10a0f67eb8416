#include "app/facts/numbers.hpp"

#include <algorithm>

namespace backfill::app {

MessageCounts& MessageCounts::operator+=(MessageCounts const& other)
{
    fetched += other.fetched;
    without_text += other.without_text;
    for (auto const& [name, fate] : kMessageFates) {
        this->*fate += other.*fate;
    }
    return *this;
}

std::size_t Calls::throttled() const
{
    auto const found = by_outcome.find("429");
    return found == by_outcome.end() ? 0 : found->second;
}

Waits Waits::operator-(Waits const& other) const
{
    auto less = *this;
    for (auto const& [name, wait] : kWaits) {
        less.*wait -= other.*wait;
    }
    return less;
}

std::string Waits::longest() const
{
    auto const [name, wait] = *std::ranges::max_element(kWaits, {}, [&](auto const& one) { return this->*one.second; });
    return this->*wait > Clock::Duration::zero() ? name : "work";
}

} // namespace backfill::app
