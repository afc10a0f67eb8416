#pragma once

#include "app/settings/specs.hpp"
#include "app/settings/values.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// A URL that lets whoever knows it write there.
struct SecretUrl {
    http::Endpoint endpoint; ///< its path is empty
    Secret target;           ///< path and query as they were given
    http::TransportOptions transport;
};

/// Who is told that a run starts, and how it ended.
struct NoticeSettings {
    std::optional<SecretUrl> healthcheck;
    std::optional<SecretUrl> webhook;
    NotifyOn notify_on = NotifyOn::failure;
};

/// As far as the command takes them. Throws UsageError with a line for each that is wrong.
NoticeSettings notice_settings(Command command, SettingValues const& values, std::vector<std::string>& warnings);

/// Who is to be told of a command line or settings that were refused.
struct NoticesOfRefusal {
    Command command{};
    NoticeSettings notices;
};

/// As far as the rest can be read at all; nothing when the command is unknown, or begins no run. A URL that is wrong
/// itself is left out.
std::optional<NoticesOfRefusal> notices_of_refusal(
    std::vector<std::string> const& arguments, SettingSources const& sources);

} // namespace backfill::app
