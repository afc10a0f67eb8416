#include "app/notify/notices.hpp"

#include "app/log/call_log.hpp"
#include "app/log/events.hpp"
#include "app/notify/delivery.hpp"

#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <system_error>
#include <utility>

namespace backfill::app {
namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::chrono::seconds kStopMayTake{7}; // of eight: the rest is for the process to end

TimePoint now()
{
    return std::chrono::steady_clock::now();
}

} // namespace

Notices::Notices(NoticeSettings const& settings, Log log, Connect connect, std::stop_token stop)
    : settings_{settings},
      log_{std::move(log)},
      connect_{std::move(connect)},
      stop_{std::move(stop)},
      on_stop_{stop_, std::bind_front(&Notices::note_stop, this)}
{
}

void Notices::note_stop()
{
    stopped_at_ = now();
}

Notices::~Notices()
{
    for (auto* const sending : {&start_, &check_, &webhook_}) {
        if (*sending) {
            (*sending)->give_up.request_stop();
        }
    }
    check_.reset(); // waits for the start
    webhook_.reset();
    start_.reset();
}

void Notices::started()
{
    if (auto const& check = settings_.healthcheck) {
        begin(start_, [this, &check](std::stop_token const& stop) {
            return send("healthcheck", *check, health_message(*check, "/start", ""), kLimit, stop);
        });
    }
}

void Notices::ended(Notice const& notice, Milliseconds limit)
{
    finish(); // where an error came after the end was told
    auto const stopped_at = stopped_at_.load();
    cut_by_stop_ = stopped_at == TimePoint::max();
    if (!cut_by_stop_) {
        auto const rest = std::chrono::duration_cast<Milliseconds>(kStopMayTake - (now() - stopped_at));
        limit = std::min(limit, std::max<Milliseconds>(rest, kAfterSignal));
    }
    deadline_ = now() + limit;
    if (auto const& check = settings_.healthcheck) {
        begin(check_, [=, this, &check](std::stop_token const& stop) {
            wait_for_start(deadline_ - limit / 2);
            return send("healthcheck", *check, health_message(*check, health_suffix(notice.exit_code), notice.lines),
                left(), stop);
        });
    }
    if (auto const& webhook = settings_.webhook; webhook && is_told(settings_.notify_on, notice.exit_code)) {
        begin(webhook_, [=, this, &webhook](std::stop_token const& stop) {
            return send("notify", *webhook, webhook_message(*webhook, notice), left(), stop);
        });
    }
}

void Notices::finish()
{
    if (!check_ && !webhook_) {
        return;
    }
    {
        auto until = deadline_;
        std::unique_lock lock{mutex_};
        auto const over = [this] { return is_over(); };
        if (cut_by_stop_ && !changed_.wait_until(lock, stop_, until, over)) {
            until = std::min<TimePoint>(until, now() + kAfterSignal);
        }
        changed_.wait_until(lock, until, over);
    }
    for (auto* const sending : {&start_, &check_, &webhook_}) {
        if (*sending) {
            (*sending)->give_up.request_stop();
        }
    }
    for (auto* const sending : {&check_, &webhook_, &start_}) {
        if (*sending && (*sending)->thread.joinable()) {
            (*sending)->thread.join();
        }
    }
    if (check_ && !check_->failure.empty()) {
        warn("the health check (HEALTHCHECK_URL) could not be told how the run ended", check_->failure);
    } else if (start_ && !start_->failure.empty()) {
        warn("the health check (HEALTHCHECK_URL) could not be told that the run started", start_->failure);
    }
    if (webhook_ && !webhook_->failure.empty()) {
        warn("the webhook (NOTIFY_URL) could not be told how the run ended", webhook_->failure);
    }
    check_.reset();
    webhook_.reset();
    start_.reset();
}

void Notices::begin(std::unique_ptr<Sending>& sending, std::function<std::string(std::stop_token const&)> const& send)
{
    sending = std::make_unique<Sending>();
    auto& one = *sending;
    auto const work = [this, send, &one] {
        auto failure = send(one.give_up.get_token());
        std::lock_guard const lock{mutex_};
        one.failure = std::move(failure);
        one.over = true;
        changed_.notify_all();
    };
    try {
        one.thread = std::jthread{work};
    } catch (std::system_error const& error) { // no thread left
        one.failure = error.what();
        one.over = true;
    }
}

std::string Notices::send(char const* side, SecretUrl const& to, http::Request const& request, Milliseconds limit,
    std::stop_token const& stop) const
{
    auto const begin = now();
    http::Outcome outcome;
    try {
        outcome = connect_(to, limit)->send(request, stop);
    } catch (std::exception const& error) { // CA_FILE has gone since
        return printable(error.what());
    }
    // Not the request and the answer themselves: one holds the URL, and the other may repeat it.
    http::Request const shown{request.method, "/***", {}, {}};
    if (auto* const reply = std::get_if<http::Reply>(&outcome)) {
        outcome = http::Reply{reply->status, {}, {}};
    }
    CallLog{log_}.attempt_ended({side, shown, outcome, now() - begin});
    return why_undelivered(outcome);
}

/// For sending: never 0, which might mean no limit.
Milliseconds Notices::left() const
{
    return std::max(std::chrono::ceil<Milliseconds>(deadline_ - now()), Milliseconds{1});
}

/// The start must not arrive after the end: that would look like a run that does not end.
void Notices::wait_for_start(TimePoint until)
{
    if (!start_) {
        return;
    }
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, until, [this] { return start_->over; });
    start_->give_up.request_stop();
    changed_.wait(lock, [this] { return start_->over; });
}

bool Notices::is_over() const
{
    return (!check_ || check_->over) && (!webhook_ || webhook_->over);
}

void Notices::warn(std::string const& what, std::string const& failure) const
{
    log_.note(warning_event(fmt::format("{}: {}. The exit code stays.", what, failure)));
}

} // namespace backfill::app
