#pragma once

#include "app/log/run_log.hpp"
#include "app/metrics/metrics_text.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/periodic.hpp"
#include "backfill/http/transport.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace backfill::app {

/// METRICS_FILE and PUSHGATEWAY_URL: writes and pushes the numbers of a run as it begins, every 15 seconds from a
/// thread of its own, and at its end. A failure is only a warning, once for the file and once for the gateway.
///
/// The file carries lasting samples over from the one it replaces. A Pushgateway keeps them by itself: a POST replaces
/// only the metrics that it names (https://github.com/prometheus/pushgateway, "POST method"), so what this run has not
/// set is not sent. A resolver that hangs delays a push beyond its limit.
class Metrics {
public:
    /// Connects to the Pushgateway; one whole call on it takes at most `limit`.
    using Connect = std::function<std::unique_ptr<http::Transport>(std::chrono::milliseconds limit)>;

    static constexpr std::chrono::seconds kPeriod{15};
    static constexpr std::chrono::seconds kPushLimit{5}; ///< less than a stop may take, which may come during a push

    Metrics(Settings const& settings, RunFacts const& facts, RunLog& run_log, Clock& clock, Connect connect);

    /// Lets its thread tell the numbers at once. Any thread; does not wait.
    void tell_now();

    /// Tells the last numbers, and gives up a push under way. One thread, once.
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
