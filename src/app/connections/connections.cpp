#include "app/connections/connections.hpp"

#include "backfill/http/poco_transport.hpp"

namespace backfill::app {

Connections connections_of(Settings const& settings)
{
    return {
        [&settings] { return http::make_poco_transport(settings.freshchat, settings.freshchat_transport); },
        [&settings] { return http::make_poco_transport(settings.supabase, settings.supabase_transport); },
    };
}

} // namespace backfill::app
