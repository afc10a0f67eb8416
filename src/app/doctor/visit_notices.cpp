#include "app/doctor/visit.hpp"

#include "app/notify/delivery.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <exception>

namespace backfill::app {
namespace {

/// `without`: what it is when nothing could be sent there.
bool examine(Visit const& visit, std::string const& name, std::string const& setting, SecretUrl const& url,
    Check::Result without = Check::Result::warning) // a run works all the same
{
    return examine_way(visit, {name, setting, url.endpoint, url.transport, without, "what is secret in the URL"});
}

void send_test_message(Visit const& visit, SecretUrl const& webhook)
{
    constexpr auto kName = "notify_message";
    constexpr auto kAdvice = "Look up the webhook's URL where it was made, and set NOTIFY_URL to all of it.";
    http::Outcome outcome;
    try {
        outcome = visit.instruments.webhook(webhook, Notices::kLimit)
                      ->send(webhook_message(webhook, test_notice()), visit.stop);
    } catch (std::exception const& error) { // CA_FILE
        visit.failed(kName, printable(error.what()), kAdvice);
        return;
    }
    if (visit.stop.stop_requested()) {
        throw Stopped{};
    }
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    auto const said = reply != nullptr ? answer_text(*reply, webhook) : "";
    auto const words = said.empty() ? "" : ": " + said;
    if (auto const why = why_undelivered(outcome); !why.empty()) {
        visit.failed(kName, why + words, kAdvice);
    } else {
        visit.passed(kName, fmt::format("a test message was sent, and answered with HTTP {}{}", reply->status, words));
    }
}

} // namespace

void examine_notices(Visit const& visit)
{
    auto const& [healthcheck, webhook, notify_on] = visit.settings.notices;
    if (healthcheck) {
        examine(visit, "healthcheck", "HEALTHCHECK_URL", *healthcheck);
    }
    bool const is_asked_for = visit.settings.notify_test;
    auto const without = is_asked_for ? Check::Result::failed : Check::Result::warning;
    if (webhook && examine(visit, "notify", "NOTIFY_URL", *webhook, without) && is_asked_for) {
        send_test_message(visit, *webhook);
    }
}

} // namespace backfill::app
