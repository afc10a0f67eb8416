#include "http/patience.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

WakeUp::WakeUp() : descriptor_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
{
    if (descriptor_ < 0) {
        throw std::system_error{errno, std::generic_category(), "eventfd"};
    }
}

WakeUp::~WakeUp()
{
    ::close(descriptor_);
}

void WakeUp::ring() const noexcept
{
    has_rung_ = true;
    // Fails only after 2^64 rings, when it is ringing anyway.
    (void)::eventfd_write(descriptor_, 1);
}

void WakeUp::silence() const noexcept
{
    if (std::uint64_t count = 0; has_rung_.exchange(false)) {
        (void)::eventfd_read(descriptor_, &count);
    }
}

Patience::Patience(
    WakeUp const& wake_up, std::stop_token stop, std::chrono::milliseconds limit, std::string waiting_for)
    : wake_up_{&wake_up},
      stop_{std::move(stop)},
      limit_{limit},
      deadline_{std::chrono::steady_clock::now() + limit},
      waiting_for_{std::move(waiting_for)}
{
}

Patience Patience::at_most(std::chrono::milliseconds limit, std::string waiting_for) const
{
    Patience shorter{*wake_up_, stop_, limit, std::move(waiting_for)};
    return shorter.deadline_ < deadline_ ? shorter : *this;
}

Patience Patience::waiting_for(std::string what) const
{
    auto same = *this;
    same.waiting_for_ = std::move(what);
    return same;
}

std::chrono::milliseconds Patience::left() const
{
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds{0});
}

void Patience::check() const
{
    if (std::chrono::steady_clock::now() >= deadline_) {
        throw TransportError{Kind::timeout, "no " + waiting_for_ + " within " + std::to_string(limit_.count()) + " ms"};
    }
    if (stop_.stop_requested()) {
        throw TransportError{Kind::stopped, ""};
    }
}

void Patience::wait(int descriptor, For what) const
{
    while (true) {
        check();
        std::array<pollfd, 2> watched{{{descriptor, static_cast<short>(what == For::reading ? POLLIN : POLLOUT), 0},
            {wake_up_->descriptor(), POLLIN, 0}}};
        auto const timeout = static_cast<int>(std::min<std::int64_t>(left().count(), 3'600'000));
        auto const ready = ::poll(watched.data(), watched.size(), timeout);
        if (ready < 0 && errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "poll"};
        }
        if (ready > 0 && watched[0].revents != 0) {
            return;
        }
    }
}

} // namespace backfill::http
