#pragma once

#include "app/doctor/diagnosis.hpp"
#include "app/doctor/observed_transport.hpp"

#include "app/connections/connections.hpp"
#include "app/facts/run_end.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/probe.hpp"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::app {

/// How the doctor reaches the outside.
struct Instruments {
    Connections connections;
    std::function<http::Probe(http::Endpoint const&, http::TransportOptions const&, std::stop_token const&)> probe;
    WallClock wall_clock;
};

/// Looks at the settings and at both sides with a handful of calls, and prints what it found and what to do. A check
/// that fails ends only those that need it. Writes nothing: of the calls to Supabase one is the upsert of no rows that
/// a run begins with. Ends complete or, when a check failed, fatal.
Ending diagnose(Settings const& settings, Instruments const& instruments, Clock& clock, Log const& log,
    std::stop_token const& stop);

/// What the parts of one visit share.
struct Visit {
    Settings const& settings;
    Instruments const& instruments;
    Clock& clock;
    calls::CallObserver& calls;
    std::stop_token const& stop;
    Diagnosis& diagnosis;
};

/// Key, tables, columns, rights, unique key, row cap. Returns the first conversations that a run would take, none when
/// there was a reason that they could not be read.
std::vector<ConversationId> examine_supabase(Visit const& visit);

/// Token, one of these conversations, page size, quota. Without any, a made-up one still shows whether the token is
/// good.
void examine_freshchat(Visit const& visit, std::vector<ConversationId> const& conversations);

/// One side, for messages: "supabase", "SUPABASE_URL", its endpoint and options.
struct Side {
    std::string name;
    std::string setting;
    http::Endpoint const& endpoint;
    http::TransportOptions const& transport;
};

/// Name, connection, TLS. Returns whether requests can be sent.
bool examine_way(Visit const& visit, Side const& side);

/// Clock and latency, as the answers show them.
void examine_answers(Visit const& visit, std::string const& side, Observations const& seen);

/// "1 row", "2 rows".
std::string counted(std::size_t number, std::string const& what);

/// "it ends in 9 days", "it ended 3 days ago".
std::string end_text(long long days);

/// Whole days from now, rounded down: negative for the past.
long long days_until(Visit const& visit, std::chrono::system_clock::time_point moment);
long long days_until(Visit const& visit, double unix_seconds);
inline constexpr long long kSoonDays = 14;

/// What is wrong now is what doctor wants to know: it neither tries again nor waits as long as a server asks.
inline constexpr calls::RetryPolicy kOneTry{.tries = 1, .max_retry_after = std::chrono::seconds{0}};

} // namespace backfill::app
