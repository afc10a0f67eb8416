#include "backfill/calls/client.hpp"

#include "backfill/core/errors.hpp"

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

std::string waited_too_long(Clock::Duration waited)
{
    return " (gave up after waiting " + std::to_string(std::chrono::floor<std::chrono::seconds>(waited).count())
        + " s for quota)";
}

std::string gave_up(int tries)
{
    return tries == 1 ? std::string{} : " (gave up after " + std::to_string(tries) + " tries)";
}

} // namespace

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

CallResult Client::call(http::Request const& request, Judge const& judge, std::stop_token const& stop)
{
    RateGate::Pauses pauses;
    pass_gate(stop, pauses); // however long: nothing has been asked yet, and the next ones would wait as long
    pauses.most = gate_.learns_quota() ? gate_.max_wait() : pauses.most;
    for (int tries = 1;;) {
        auto outcome = attempt(request, stop);
        auto const verdict = judge(outcome);
        if (verdict == Verdict::accept) {
            return {std::move(outcome), verdict, tries, {}, {}};
        }
        auto const what = describe(outcome);
        auto const give_up = [&](std::string ending) {
            auto failure = what + ending;
            return CallResult{std::move(outcome), verdict, tries, std::move(failure), std::move(ending)};
        };
        if (verdict == Verdict::reject) {
            return give_up({});
        }
        auto const now = clock_.now();
        auto const* reply = std::get_if<http::Reply>(&outcome);
        auto const hint = reply ? retry_after(*reply, std::chrono::system_clock::now()) : std::nullopt;
        if (hint && *hint > (gate_.learns_quota() ? gate_.max_wait() : policy_.max_retry_after)) {
            return give_up(": the server asks to wait " + std::to_string(hint->count()) + " s, which is too long");
        }
        if (gate_.learns_quota() && is_throttled(outcome)) {
            if (!pass_gate(stop, pauses)) {
                return give_up(waited_too_long(pauses.spent));
            }
            continue;
        }
        auto const wait = backoff(policy_, tries, draw());
        if (hint && *hint > wait) {
            gate_.pause_until(now + *hint);
        } else if (policy_.backs_off_together && reply && reply->status == kUnavailable) {
            gate_.pause_until(now + wait);
        }
        if (tries >= policy_.tries) {
            return give_up(gave_up(tries));
        }
        ++tries;
        observer_.retry_follows(name_, outcome, tries, policy_.tries);
        if (!gate_.back_off(now + wait, stop)) {
            throw Stopped{};
        }
        if (!pass_gate(stop, pauses)) {
            return give_up(waited_too_long(pauses.spent));
        }
    }
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
