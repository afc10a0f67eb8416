#pragma once

#include "backfill/calls/rate_gate.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace backfill::calls {

/// Looks at one outcome (body included) and says what it means. Called once per attempt.
using Judge = std::function<Verdict(http::Outcome const&)>;

/// The last outcome of a call, and how the loop ended.
struct CallResult {
    http::Outcome outcome;
    Verdict verdict; ///< accept, reject, or retry when the tries ran out
    int tries = 1;
    std::string failure; ///< empty when accepted; else "HTTP 503 (gave up after 4 tries)", "HTTP 404"
    std::string ending;  ///< of that the part that tells of the loop: " (gave up after 4 tries)"
};

/// Is told of every attempt as it ends, by the thread that makes it: the place to count and to log. Any thread.
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

    /// The attempt before failed, and number `next_try` of `tries` will be made.
    virtual void retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries) = 0;
};

/// The one retry loop: gate, send, judge, back off. One per thread; the gate is shared by all clients of a host. A 429
/// from a host whose quota the gate learns costs no try: the call waits behind the gate, up to its max_wait().
class Client {
public:
    /// `name` tells the sides apart ("freshchat", "supabase").
    Client(std::string name, std::unique_ptr<http::Transport> transport, RateGate& gate, RetryPolicy policy,
        Clock& clock, CallObserver& observer);

    /// Throws Stopped when the token ends a wait or the call itself.
    CallResult call(http::Request const& request, Judge const& judge, std::stop_token const& stop);

private:
    /// Returns false when the pauses take too long. Throws Stopped.
    bool pass_gate(std::stop_token const& stop, RateGate::Pauses& pauses);
    http::Outcome attempt(http::Request const& request, std::stop_token const& stop);

    std::string name_;
    std::unique_ptr<http::Transport> transport_;
    RateGate& gate_;
    RetryPolicy policy_;
    Clock& clock_;
    CallObserver& observer_;
};

} // namespace backfill::calls
