#include "app/log/call_log.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace backfill::app {

void CallLog::attempt_ended(Attempt const& attempt)
{
    if (!log_.verbose) {
        return;
    }
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(attempt.took);
    auto const* const method = attempt.request.method == http::Request::Method::get ? "GET" : "POST";
    auto const target = printable(attempt.request.target, 4096);
    auto const outcome = calls::describe(attempt.outcome);
    log_.note({"request", Level::debug,
        {{"side", std::string{attempt.side}}, {"method", method}, {"target", target}, {"outcome", outcome},
            {"took_ms", static_cast<std::size_t>(took.count())}},
        fmt::format("[Backfill] {}: {} {} → {}, {} ms", attempt.side, method, target, outcome, took.count())});
}

void CallLog::retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries)
{
    if (log_.verbose) {
        auto const outcome = calls::describe(failed);
        log_.note({"retry", Level::debug,
            {{"side", std::string{side}}, {"outcome", outcome}, {"try", static_cast<std::size_t>(next_try)},
                {"tries", static_cast<std::size_t>(tries)}},
            fmt::format("[Backfill] {}: {}, try {} of {} follows", side, outcome, next_try, tries)});
    }
}

} // namespace backfill::app
