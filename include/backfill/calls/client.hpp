#pragma once

#include "backfill/calls/rate_gate.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace backfill::calls {

/// What a reader makes of one outcome (body included): the value, or what an outcome without one calls for.
template <typename Value>
using Reading = std::variant<Value, Verdict>;

/// Why a call brought no value.
struct CallError {
    http::Outcome outcome; ///< the last one
    Verdict verdict;       ///< reject, else the tries ran out
    std::string ending;    ///< how the loop gave up: " (gave up after 4 tries)"; empty when rejected

    /// Set where the loop gave up because the server asks for a longer wait than the policy allows: the wait.
    std::optional<std::chrono::seconds> wait_asked{};

    std::string failure() const; ///< "HTTP 503 (gave up after 4 tries)", "HTTP 404"
};

template <typename Value>
using CallResult = std::variant<Value, CallError>;

/// Hears of every attempt as it ends, on the thread that made it: the place to count and to log. Any thread.
class CallObserver {
public:
    struct Attempt {
        std::string_view side; ///< the client's name
        http::Request const& request;
        http::Outcome const& outcome;
        Clock::Duration took;
    };

    CallObserver() = default;
    CallObserver(CallObserver const&) = delete;
    CallObserver& operator=(CallObserver const&) = delete;
    virtual ~CallObserver() = default;

    virtual void attempt_ended(Attempt const& attempt) = 0;

    /// An attempt failed, and try number `next_try` of `tries` follows.
    virtual void retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries) = 0;
};

/// The one retry loop: gate, send, read, back off. One per thread; all clients of a host share its gate. A 429 from a
/// host whose quota the gate learns costs no try: the call waits behind the gate, for as long as the policy allows.
class Client {
public:
    /// `name` tells the sides apart ("freshchat", "supabase").
    Client(std::string name, std::unique_ptr<http::Transport> transport, RateGate& gate, RetryPolicy policy,
        Clock& clock, CallObserver& observer);

    /// Sends until `read`, called once per attempt with its http::Outcome, returns a value in its Reading, or no try is
    /// left. Throws Stopped when the token ends a wait or the call itself.
    template <typename Read>
    auto call(http::Request const& request, Read read, std::stop_token const& stop)
    {
        using Value = std::variant_alternative_t<0, std::invoke_result_t<Read&, http::Outcome const&>>;
        for (auto tries = begin(stop);;) {
            auto outcome = attempt(request, stop);
            auto reading = read(std::as_const(outcome));
            if (auto* const value = std::get_if<Value>(&reading)) {
                return CallResult<Value>{std::move(*value)};
            }
            if (auto error = wait_to_retry(outcome, std::get<Verdict>(reading), tries, stop)) {
                return CallResult<Value>{std::move(*error)};
            }
        }
    }

private:
    struct Tries {
        int made = 1;         ///< the one under way included
        bool renewed = false; ///< tried again at once, on a new connection
        TimePoint begun;
        RateGate::Pauses pauses;
    };

    Tries begin(std::stop_token const& stop);
    http::Outcome attempt(http::Request const& request, std::stop_token const& stop);

    /// Waits until the next attempt may be made; or takes `outcome` and says why there is none. Throws Stopped.
    std::optional<CallError> wait_to_retry(
        http::Outcome& outcome, Verdict verdict, Tries& tries, std::stop_token const& stop);

    /// Returns false when the pauses take too long. Throws Stopped.
    bool pass_gate(std::stop_token const& stop, RateGate::Pauses& pauses);

    std::string name_;
    std::unique_ptr<http::Transport> transport_;
    RateGate& gate_;
    RetryPolicy policy_;
    Clock& clock_;
    CallObserver& observer_;
};

} // namespace backfill::calls
