#include "backfill/core/periodic.hpp"

#include <utility>

namespace backfill {

Periodic::Periodic(Clock& clock, Clock::Duration period, First first, Body body)
    : clock_{clock}, period_{period}, body_{std::move(body)}, asked_{first == First::at_once}, thread_{[this] {
          run();
      }}
{
}

Periodic::~Periodic()
{
    end();
}

void Periodic::ask()
{
    std::lock_guard lock{mutex_};
    asked_ = true;
    wake_.request_stop();
}

void Periodic::end()
{
    end_.request_stop();
    {
        std::lock_guard lock{mutex_};
        wake_.request_stop();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Periodic::run()
{
    while (auto const cause = next_cause()) {
        body_(*cause, end_.get_token());
    }
}

std::optional<Periodic::Cause> Periodic::next_cause()
{
    std::unique_lock lock{mutex_};
    if (!asked_ && !end_.stop_requested()) {
        wake_ = std::stop_source{};
        auto const cut_short = wake_.get_token();
        lock.unlock();
        clock_.sleep_until(clock_.now() + period_, cut_short);
        lock.lock();
    }
    if (end_.stop_requested()) {
        return std::nullopt;
    }
    return std::exchange(asked_, false) ? Cause::asked : Cause::period;
}

} // namespace backfill
