#pragma once

#include "app/settings/settings.hpp"
#include "backfill/calls/client.hpp"
#include "backfill/calls/rate_gate.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/http/transport.hpp"
#include "backfill/supabase/api_key.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace backfill::app {

/// Makes one connection per thread of the pipeline.
struct Connections {
    std::function<std::unique_ptr<http::Transport>()> freshchat;
    std::function<std::unique_ptr<http::Transport>()> supabase;
};

/// To both sides, as the settings say. Refers to them.
Connections connections_of(Settings const& settings);

/// To whom is told how a run ended. One whole call takes at most `limit`.
std::unique_ptr<http::Transport> connection_to(SecretUrl const& url, std::chrono::milliseconds limit);

/// One connection to Supabase with all that stands around it. One thread.
struct SupabaseLink {
    SupabaseLink(std::unique_ptr<http::Transport> transport, Settings const& settings, calls::RateGate& gate,
        supabase::ApiKey const& key, Clock& clock, calls::CallObserver& observer,
        calls::RetryPolicy const& policy = supabase::retry_policy());

    calls::Client client;
    supabase::Postgrest postgrest;
};

/// A key that cannot work throws FatalError. Returns a warning where row-level security applies to it, else "".
std::string check_key(supabase::ApiKey const& key, Settings const& settings,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

/// "SUPABASE_SECRET_KEY", and which further keys are set: where one is refused, another may be meant.
std::string key_text(Settings const& settings);

/// An error of the preflight; where the key was refused, it says which one that is.
FatalError about_key(FatalError const& error, Settings const& settings);

/// An empty table that may only look empty: nothing could be done, and calling that a success would be a lie. Throws
/// FatalError when the key may not see all rows.
void expect_full_sight(supabase::ApiKey const& key, Settings const& settings);

} // namespace backfill::app
