#pragma once

#include "app/notify/notice.hpp"
#include "app/settings/notices.hpp"
#include "backfill/http/transport.hpp"

#include <string>
#include <string_view>

namespace backfill::app {

// Messages to URLs that are secrets: how they are written, and what became of them.

/// What healthchecks.io wants behind a check's URL for the end of a run: "" after a success, "/log" where it only
/// stopped early, which leaves the check as it is, else "/" and the exit code
/// (https://healthchecks.io/docs/http_api/).
std::string health_suffix(int exit_code);

/// `suffix` goes behind the path, before the query.
http::Request health_message(SecretUrl const& check, std::string_view suffix, std::string const& body);

/// Whether the webhook is told of a run that ended so.
bool is_told(NotifyOn when, int exit_code);

/// The notice's JSON; its `text` alone for Google Chat, which refuses members that it does not know.
http::Request webhook_message(SecretUrl const& webhook, Notice const& notice);

/// Why a message was not delivered; "" when it was. Holds nothing that the server wrote: it might repeat the URL.
std::string why_undelivered(http::Outcome const& outcome);

/// The beginning of what the server wrote, for people, with every part of the URL's path and query masked.
std::string answer_text(http::Reply const& reply, SecretUrl const& to);

} // namespace backfill::app
