#include "backfill/core/periodic.hpp"
#include "support/instant_clock.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace backfill;
using namespace backfill;
using namespace backfill::test;
using namespace std::chrono_literals;

using Cause = Periodic::Cause;

namespace {

struct Call {
    Cause cause;
    Clock::Duration at;
    bool operator==(Call const&) const = default;
};

bool is_ready(std::future<void> const& what)
{
    return what.wait_for(10s) == std::future_status::ready;
}

} // namespace

TEST_CASE("calls come a period apart, the first at once or after one")
{
    auto const first = GENERATE(Periodic::First::at_once, Periodic::First::after_period);
    InstantClock clock;
    std::vector<Call> calls;
    std::promise<void> enough;
    {
        Periodic const periodic{clock, 15s, first, [&](Cause cause, std::stop_token const&) {
                                    calls.push_back({cause, clock.slept()});
                                    if (calls.size() == 3) {
                                        enough.set_value();
                                    }
                                }};
        REQUIRE(is_ready(enough.get_future()));
    }
    bool const at_once = first == Periodic::First::at_once;
    CHECK(calls[0] == (at_once ? Call{Cause::asked, 0s} : Call{Cause::period, 15s}));
    CHECK(calls[1] == Call{Cause::period, at_once ? 15s : 30s});
    CHECK(calls[2] == Call{Cause::period, at_once ? 30s : 45s});
}

TEST_CASE("who asks is answered at once, however long the period, also when the call before goes on")
{
    SteadyClock clock;
    std::vector<Cause> causes;
    std::promise<void> begun;
    std::promise<void> go_on;
    std::promise<void> second;
    Periodic periodic{clock, 1000h, Periodic::First::after_period, [&](Cause cause, std::stop_token const&) {
                          causes.push_back(cause);
                          if (causes.size() == 1) {
                              begun.set_value();
                              go_on.get_future().wait();
                          } else {
                              second.set_value();
                          }
                      }};
    periodic.ask();
    REQUIRE(is_ready(begun.get_future()));
    periodic.ask();
    periodic.ask(); // both in one
    go_on.set_value();
    REQUIRE(is_ready(second.get_future()));
    periodic.end();
    CHECK(causes == std::vector{Cause::asked, Cause::asked});
}

TEST_CASE("the end waits for the call that goes on, and tells it")
{
    SteadyClock clock;
    std::promise<void> begun;
    int calls = 0;
    bool told = false;
    Periodic periodic{clock, 1000h, Periodic::First::at_once, [&](Cause, std::stop_token const& end) {
                          ++calls;
                          std::promise<void> ended;
                          std::stop_callback const on_end{end, [&] { ended.set_value(); }};
                          begun.set_value();
                          told = is_ready(ended.get_future());
                      }};
    REQUIRE(is_ready(begun.get_future()));
    periodic.end();
    CHECK(told);
    CHECK(calls == 1);
    periodic.ask();
    periodic.end(); // a second time does nothing
    CHECK(calls == 1);
}
