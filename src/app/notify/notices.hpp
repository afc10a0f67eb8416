#pragma once

#include "app/notify/notice.hpp"
#include "app/settings/notices.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/transport.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace backfill::app {

/// HEALTHCHECK_URL and NOTIFY_URL: tells somebody that a run starts, and how it ended. Each message is sent once, from
/// a thread of its own. What cannot be delivered is one warning for each of the two URLs, and changes nothing else. One
/// thread; needs signals that do not end the process where a server closes its connection (StopSignals).
class Notices {
public:
    /// Connects to the URL's host; one whole call takes at most `limit`.
    using Connect =
        std::function<std::unique_ptr<http::Transport>(SecretUrl const& to, std::chrono::milliseconds limit)>;

    static constexpr std::chrono::seconds kLimit{8};       ///< what the end of a run may wait for all messages
    static constexpr std::chrono::seconds kAfterSignal{1}; ///< the last upserts may have taken six of eight seconds

    /// After `stop` the end of the run is waited for less.
    Notices(NoticeSettings const& settings, Log log, Connect connect, std::stop_token stop);
    Notices(Notices const&) = delete;
    Notices& operator=(Notices const&) = delete;
    ~Notices(); ///< gives up what is under way

    /// Tells the health check. Does not wait.
    void started();

    /// Begins to tell how the run ended; finish() must follow.
    void ended(Notice const& notice, std::chrono::milliseconds limit = kLimit);

    /// Waits for what ended() began, until the limit or, where a stop is requested meanwhile, for a second more. Then
    /// warns of what was not delivered.
    void finish();

private:
    /// One message on its way.
    struct Sending {
        std::string failure; ///< "" until it fails
        bool over = false;
        std::stop_source give_up;
        std::jthread thread;
    };

    void begin(std::unique_ptr<Sending>& sending, std::function<std::string(std::stop_token const&)> const& send);
    std::string send(char const* side, SecretUrl const& to, http::Request const& request,
        std::chrono::milliseconds limit, std::stop_token const& stop) const;
    void note_stop();
    std::chrono::milliseconds left() const;
    void wait_for_start(TimePoint until);
    bool is_over() const; ///< under the lock
    void warn(std::string const& what, std::string const& failure) const;

    NoticeSettings const& settings_;
    Log const log_;
    Connect const connect_;
    std::stop_token const stop_;
    std::atomic<TimePoint> stopped_at_{TimePoint::max()};
    std::stop_callback<std::function<void()>> const on_stop_;
    TimePoint deadline_;       ///< set by ended()
    bool cut_by_stop_ = false; ///< a stop that comes now shortens the wait
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::unique_ptr<Sending> start_;
    std::unique_ptr<Sending> check_;
    std::unique_ptr<Sending> webhook_;
};

} // namespace backfill::app
