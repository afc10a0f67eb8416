#include "backfill/calls/client.hpp"

#include "backfill/core/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace backfill::calls {
namespace {

double draw()
{
    thread_local std::minstd_rand engine{std::random_device{}()};
    return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
}

constexpr int kUnavailable = 503;

} // namespace

std::string CallError::failure() const
{
    return describe(outcome) + ending;
}

Client::Client(std::string name, std::unique_ptr<http::Transport> transport, RateGate& gate, RetryPolicy policy,
    Clock& clock, CallObserver& observer)
    : name_{std::move(name)},
      transport_{std::move(transport)},
      gate_{gate},
      policy_{policy},
      clock_{clock},
      observer_{observer}
{
}

Client::Tries Client::begin(std::stop_token const& stop)
{
    Tries tries;
    pass_gate(stop, tries.pauses); // however long: nothing has been asked yet, and the next ones would wait as long
    tries.begun = clock_.now();
    constexpr std::chrono::minutes kShortPauses{2}; // several in one call say nothing of the account's quota
    tries.pauses.most = std::max<Clock::Duration>(policy_.max_retry_after, kShortPauses);
    return tries;
}

std::optional<CallError> Client::wait_to_retry(
    http::Outcome& outcome, Verdict verdict, Tries& tries, std::stop_token const& stop)
{
    auto const give_up = [&](std::string ending, std::optional<std::chrono::seconds> wait_asked = std::nullopt) {
        return CallError{std::move(outcome), verdict, std::move(ending), wait_asked};
    };
    auto const behind_the_gate = [&]() -> std::optional<CallError> {
        if (pass_gate(stop, tries.pauses)) {
            return std::nullopt;
        }
        return give_up(fmt::format(" (gave up after waiting {} s for quota)",
                           std::chrono::floor<std::chrono::seconds>(tries.pauses.spent).count()),
            std::chrono::ceil<std::chrono::seconds>(gate_.pause_left()));
    };
    if (verdict == Verdict::reject) {
        return give_up({});
    }
    auto const* error = std::get_if<http::TransportError>(&outcome);
    if (error && error->on_kept_connection && !std::exchange(tries.renewed, true)) {
        ++tries.made;
        observer_.retry_follows(name_, outcome, tries.made, std::max(tries.made, policy_.tries));
        return behind_the_gate();
    }
    auto const now = clock_.now();
    auto const* reply = std::get_if<http::Reply>(&outcome);
    auto const hint = reply ? retry_after(*reply, std::chrono::system_clock::now()) : std::nullopt;
    if (hint && *hint > policy_.max_retry_after) {
        return give_up(fmt::format(": the server asks to wait {} s, which is too long", hint->count()), hint);
    }
    if (gate_.learns_quota() && is_throttled(outcome)) {
        return behind_the_gate();
    }
    bool const by_time = verdict == Verdict::outlast && policy_.patience.count() > 0;
    std::chrono::milliseconds const longest =
        by_time ? std::chrono::milliseconds{policy_.patience} / 8 : std::chrono::milliseconds::max();
    auto const wait = std::min(backoff(policy_, tries.made, draw()), longest);
    if (hint && *hint > wait) {
        gate_.pause_until(now + *hint);
    } else if (policy_.backs_off_together && reply && reply->status == kUnavailable) {
        gate_.pause_until(now + wait);
    }
    bool const has_time = by_time && now + wait - tries.begun < policy_.patience;
    if (tries.made >= policy_.tries && !has_time) {
        return give_up(tries.made == 1 ? std::string{} : fmt::format(" (gave up after {} tries)", tries.made));
    }
    ++tries.made;
    observer_.retry_follows(name_, outcome, tries.made, std::max(tries.made, policy_.tries));
    if (!gate_.back_off(now + wait, stop)) {
        throw Stopped{};
    }
    return behind_the_gate();
}

bool Client::pass_gate(std::stop_token const& stop, RateGate::Pauses& pauses)
{
    auto const pass = gate_.wait(stop, pauses);
    if (pass == RateGate::Pass::stopped) {
        throw Stopped{};
    }
    return pass == RateGate::Pass::free;
}

http::Outcome Client::attempt(http::Request const& request, std::stop_token const& stop)
{
    auto const start = clock_.now();
    auto outcome = transport_->send(request, stop);
    gate_.answered(start, outcome);
    observer_.attempt_ended({name_, request, outcome, clock_.now() - start});
    if (auto const* error = std::get_if<http::TransportError>(&outcome);
        error && error->kind == http::TransportError::Kind::stopped) {
        throw Stopped{};
    }
    return outcome;
}

} // namespace backfill::calls
