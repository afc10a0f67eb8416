#include "app/connections/connections.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/http/poco_transport.hpp"

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
    return "the Supabase key has "
        + (key.role().empty() ? std::string{"no full access"} : "the role " + printable(key.role(), 60))
        + ": row-level security applies, and rows that it hides are not seen.";
}

void expect_full_sight(supabase::ApiKey const& key, Settings const& settings)
{
    if (!key.bypasses_row_level_security()) {
        throw FatalError{"No rows are visible in table " + printable(settings.conversations.name),
            "With this key row-level security may hide them: use SUPABASE_SERVICE_ROLE_KEY, or add a policy that lets "
            "this role select."};
    }
}

} // namespace backfill::app
