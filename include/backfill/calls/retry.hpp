#pragma once

#include "backfill/http/transport.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace backfill::calls {

/// How often, and after which waits, a call is tried again.
struct RetryPolicy {
    int tries = 4;                                             ///< the call and its retries
    std::chrono::milliseconds first{1000};                     ///< doubled each time
    std::chrono::milliseconds cap{30'000};                     ///< no backoff is longer, before jitter
    double jitter = 0.1;                                       ///< up to this share of the wait is added at random
    std::chrono::milliseconds max_retry_after{15 * 60 * 1000}; ///< a server that asks for more fails the call
    bool backs_off_together = false;  ///< after a 503 (overload) every caller of the gate waits
    std::chrono::seconds patience{0}; ///< how long Verdict::outlast is tried again, however often
};

/// What an attempt that brought no value calls for.
enum class Verdict {
    retry,   ///< it may pass: try again while the policy allows
    outlast, ///< it passes by itself, a minute later at most
    reject,  ///< it will not pass: do not try again
};

/// The wait before retry number `retry` (1, 2, …). `random` ∈ [0, 1) is the jitter's draw.
std::chrono::milliseconds backoff(RetryPolicy const& policy, int retry, double random);

/// How long the server asks to wait: `Retry-After` in seconds, as a list of them (the longest), or as an HTTP date
/// (measured from the reply's own Date header, else from `wall_now`). For a 429 without it, the declared time until the
/// quota is there again (RateHeaders). Nothing when it is missing, unreadable or ≤ 0: servers send 0 without meaning
/// it. At most a year, so that it can be added to any clock.
std::optional<std::chrono::seconds> retry_after(
    http::Reply const& reply, std::chrono::system_clock::time_point wall_now);

/// The server's time when it answered: its Date header, else `wall_now`.
std::chrono::system_clock::time_point server_time(
    http::Reply const& reply, std::chrono::system_clock::time_point wall_now);

/// True for 429: the quota's answer, not the call's.
bool is_throttled(http::Outcome const& outcome);

/// "HTTP 503", "Connection timeout", "TLS: certificate verify failed": the name of a failed outcome in messages, with
/// the server's request id if it sent one (x-request-id, X-Trace-ID, sb-request-id).
std::string describe(http::Outcome const& outcome);

/// True for the statuses and faults that both sides may recover from: 408, 425, 429, 5xx, and every network fault but
/// a refused certificate.
bool may_pass(http::Outcome const& outcome);

} // namespace backfill::calls
