#include "app/doctor/observed_transport.hpp"

#include "backfill/calls/retry.hpp"

#include <algorithm>
#include <utility>

namespace backfill::app {
namespace {

class ObservedTransport final : public http::Transport {
public:
    ObservedTransport(
        std::unique_ptr<http::Transport> inner, Clock& clock, WallClock wall_clock, Observations& observations)
        : inner_{std::move(inner)}, clock_{clock}, wall_clock_{std::move(wall_clock)}, seen_{observations}
    {
    }

    http::Outcome send(http::Request const& request, std::stop_token const& stop) override
    {
        auto const start = clock_.now();
        auto outcome = inner_->send(request, stop);
        auto const took = clock_.now() - start;
        auto const* reply = std::get_if<http::Reply>(&outcome);
        seen_.last_status = reply ? reply->status : 0;
        if (!reply) {
            return outcome;
        }
        seen_.quickest = seen_.answers == 0 ? took : std::min(seen_.quickest, took);
        seen_.slowest = std::max(seen_.slowest, took);
        ++seen_.answers;
        seen_.rates = calls::read_rate_headers(*reply);
        if (reply->header("Date")) {
            auto const now = wall_clock_();
            // Rounded up: Date cuts off the part of a second that has passed.
            seen_.ahead = std::chrono::ceil<std::chrono::seconds>(calls::server_time(*reply, now) - now);
        }
        return outcome;
    }

private:
    std::unique_ptr<http::Transport> inner_;
    Clock& clock_;
    WallClock wall_clock_;
    Observations& seen_;
};

} // namespace

std::unique_ptr<http::Transport> observed(
    std::unique_ptr<http::Transport> inner, Clock& clock, WallClock wall_clock, Observations& seen)
{
    return std::make_unique<ObservedTransport>(std::move(inner), clock, std::move(wall_clock), seen);
}

} // namespace backfill::app
