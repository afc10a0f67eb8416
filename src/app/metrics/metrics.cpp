#include "app/metrics/metrics.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace backfill::app {
namespace {

constexpr std::size_t kMostBytes = 1'000'000; // our files have a few thousand

std::string push_target(Settings const& settings)
{
    std::string target;
    for (auto const& [name, value] : metric_identity(settings)) {
        target += '/' + name + '/' + value;
    }
    return target;
}

/// Why the gateway did not take the text; "" when it did, or when the push was given up.
std::string push_failure(http::Outcome const& outcome)
{
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    auto const* const error = std::get_if<http::TransportError>(&outcome);
    bool const given_up = error != nullptr && error->kind == http::TransportError::Kind::stopped;
    return given_up || (reply != nullptr && reply->succeeded()) ? std::string{} : calls::describe(outcome);
}

} // namespace

Metrics::Metrics(Settings const& settings, RunFacts const& facts, RunLog& run_log, Clock& clock, Connect connect)
    : settings_{settings}, facts_{facts}, run_log_{run_log}, connect_{std::move(connect)}, before_{read_before()}
{
    if (!settings.metrics_file.empty() || settings.pushgateway) {
        ticks_.emplace(clock, kPeriod, Periodic::First::at_once,
            [this](Periodic::Cause /*cause*/, std::stop_token const& end) { tell(std::nullopt, kPushLimit, end); });
    }
}

void Metrics::tell_now()
{
    if (ticks_) {
        ticks_->ask();
    }
}

void Metrics::finish(RunEnd const& end, std::chrono::milliseconds push_limit)
{
    if (ticks_) {
        ticks_->end();
        tell(end, push_limit, {});
    }
}

void Metrics::tell(std::optional<RunEnd> const& end, std::chrono::milliseconds push_limit, std::stop_token const& stop)
{
    auto const run = facts_.snapshot();
    // A device or a FIFO is no place for a text that changes: it gets the last one.
    if (!settings_.metrics_file.empty() && (end || is_replaceable(settings_.metrics_file))) {
        write(metrics_text(settings_, run, end, before_));
    }
    if (settings_.pushgateway) {
        push(metrics_text(settings_, run, end), push_limit, stop);
    }
}

void Metrics::write(std::string const& text)
{
    auto const error = replace_file(settings_.metrics_file, text);
    if (!error.empty() && !std::exchange(write_failed_, true)) {
        run_log_.warning("the metrics file could not be written: " + error + ". This is said once.");
    }
}

void Metrics::push(std::string const& text, std::chrono::milliseconds limit, std::stop_token const& stop)
{
    http::Request const request{http::Request::Method::post, push_target(settings_),
        {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}, {"User-Agent", user_agent()}}, text};
    std::string failure;
    try {
        failure = push_failure(connect_(limit)->send(request, stop));
    } catch (std::exception const& error) { // CA_FILE has gone since
        failure = printable(error.what());
    }
    if (!failure.empty() && !std::exchange(push_failed_, true)) {
        run_log_.warning("the metrics could not be pushed to " + settings_.pushgateway->authority() + ": " + failure
            + ". This is said once.");
    }
}

LastingSamples Metrics::read_before()
{
    std::error_code error;
    auto const& path = settings_.metrics_file;
    if (path.empty() || !is_replaceable(path) || !std::filesystem::exists(path, error)) { // opening a pipe would wait
        return {};
    }
    std::string text(kMostBytes, '\0');
    std::ifstream file{path, std::ios::binary};
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.is_open() || file.bad()) {
        run_log_.warning("the metrics file could not be read: when a run last succeeded is not known any more.");
    }
    return lasting_samples(settings_, text);
}

} // namespace backfill::app
