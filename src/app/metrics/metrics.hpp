#pragma once

#include "app/metrics/metrics_text.hpp"
#include "backfill/core/periodic.hpp"

#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace backfill::app {

/// METRICS_FILE and PUSHGATEWAY_URL: the numbers of a run as it begins, every 15 seconds from a thread of its own, and
/// at its end. What cannot be written or sent is a warning, once for each of the two, and nothing more.
///
/// The file takes over what outlasts runs from the one that an earlier run left. A Pushgateway keeps it by itself: a
/// POST replaces only the metrics that it holds (https://github.com/prometheus/pushgateway, "POST method"), so what
/// this run does not set is not sent. As with both sides, a resolver that hangs holds up a push beyond its limit.
class Metrics {
public:
    /// Makes a connection to the Pushgateway on which one whole call takes no longer than `limit`.
    using Connect = std::function<std::unique_ptr<http::Transport>(std::chrono::milliseconds limit)>;

    static constexpr std::chrono::seconds kPeriod{15};
    static constexpr std::chrono::seconds kPushLimit{5}; ///< less than a stop may take, also one that comes during it

    Metrics(Settings const& settings, RunFacts const& facts, RunLog& run_log, Clock& clock, Connect connect);

    /// At once, by its own thread. Any thread; does not wait.
    void tell_now();

    /// The end of the run: the last numbers. A push that is going on is given up. One thread, once.
    void finish(RunEnd const& end, std::chrono::milliseconds push_limit);

private:
    void tell(std::optional<RunEnd> const& end, std::chrono::milliseconds push_limit, std::stop_token const& stop);
    void write(std::string const& text);
    void push(std::string const& text, std::chrono::milliseconds limit, std::stop_token const& stop);
    LastingSamples read_before();

    Settings const& settings_;
    RunFacts const& facts_;
    RunLog& run_log_;
    Connect const connect_;
    LastingSamples const before_;
    bool write_failed_ = false;
    bool push_failed_ = false;
    std::optional<Periodic> ticks_; ///< unset when nobody wants metrics
};

} // namespace backfill::app
