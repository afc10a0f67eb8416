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
    while (rest()) {
        body_(take_cause(), end_.get_token());
    }
}

bool Periodic::rest()
{
    std::stop_token cut_short;
    {
        std::lock_guard lock{mutex_};
        if (asked_ || end_.stop_requested()) {
            return !end_.stop_requested();
        }
        wake_ = std::stop_source{};
        cut_short = wake_.get_token();
    }
    clock_.sleep_until(clock_.now() + period_, cut_short);
    return !end_.stop_requested();
}

Periodic::Cause Periodic::take_cause()
{
    std::lock_guard lock{mutex_};
    return std::exchange(asked_, false) ? Cause::asked : Cause::period;
}

} // namespace backfill
