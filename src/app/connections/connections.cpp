#include "app/connections/connections.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include "backfill/http/poco_transport.hpp"
#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace backfill::app {

Connections connections_of(Settings const& settings)
{
    return {
        [&settings] { return http::make_poco_transport(settings.freshchat, settings.freshchat_transport); },
        [&settings] { return http::make_poco_transport(settings.supabase, settings.supabase_transport); },
    };
}

std::unique_ptr<http::Transport> connection_to(SecretUrl const& url, std::chrono::milliseconds limit)
{
    auto options = url.transport;
    options.request_timeout = limit;
    return http::make_poco_transport(url.endpoint, options);
}

SupabaseLink::SupabaseLink(std::unique_ptr<http::Transport> transport, Settings const& settings, calls::RateGate& gate,
    supabase::ApiKey const& key, Clock& clock, calls::CallObserver& observer, calls::RetryPolicy const& policy)
    : client{"supabase", std::move(transport), gate, policy, clock, observer},
      postgrest{client, key, clock, settings.schema}
{
}

std::string check_key(supabase::ApiKey const& key, Settings const& settings, std::chrono::system_clock::time_point now)
{
    key.check(settings.supabase.host, std::chrono::system_clock::to_time_t(now));
    if (key.bypasses_row_level_security()) {
        return {};
    }
    return fmt::format("the Supabase key ({}) has ", settings.supabase_key_origin)
        + (key.role().empty() ? std::string{"no full access"} : "the role " + printable(key.role(), 60))
        + ": row-level security applies, and rows that it hides are not seen."
        + (settings.supabase_key_advice.empty() ? "" : " " + settings.supabase_key_advice + ".");
}

std::string key_text(Settings const& settings)
{
    auto const& others = settings.supabase_key_others;
    return settings.supabase_key_origin
        + (others.empty() ? "" : fmt::format(" (set too, and not used: {})", fmt::join(others, ", ")));
}

FatalError about_key(FatalError const& error, Settings const& settings)
{
    bool const concerns_key =
        error.found().find("HTTP 401") != std::string::npos || error.found().starts_with("The Supabase key");
    return concerns_key && !settings.supabase_key_origin.empty()
        ? FatalError{error.found(), error.advice() + " The key came from " + key_text(settings) + "."}
        : error;
}

void expect_full_sight(supabase::ApiKey const& key, Settings const& settings)
{
    if (!key.bypasses_row_level_security()) {
        throw FatalError{"No rows are visible in table " + printable(settings.conversations.name),
            fmt::format(
                "With the key in {} row-level security may hide them: {}, or add a policy that lets this role select.",
                settings.supabase_key_origin,
                settings.supabase_key_advice.empty() ? "use one with full access (sb_secret_… or service_role)"
                                                     : settings.supabase_key_advice)};
    }
}

} // namespace backfill::app
