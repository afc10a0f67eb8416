#pragma once

#include "app/connections/connections.hpp"
#include "app/doctor/diagnosis.hpp"
#include "app/doctor/observed_transport.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/probe.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

namespace backfill::app {

/// How the doctor reaches the outside.
struct Instruments {
    Connections connections;
    std::function<http::Probe(http::Endpoint const&, http::TransportOptions const&, std::stop_token const&)> probe;
    WallClock wall_clock;
};

/// What the parts of one visit share.
struct Visit {
    Settings const& settings;
    Instruments const& instruments;
    Clock& clock;
    calls::CallObserver& calls;
    std::stop_token const& stop;
    Diagnosis& diagnosis;
};

/// One side, for messages: "supabase", "SUPABASE_URL", its endpoint and options.
struct Side {
    std::string name;
    std::string setting;
    http::Endpoint const& endpoint;
    http::TransportOptions const& transport;
};

/// Checks name, connection and TLS. Returns whether requests can be sent; throws Stopped.
bool examine_way(Visit const& visit, Side const& side);

/// Clock and latency, as the answers show them; nothing without answers.
void examine_answers(Visit const& visit, std::string const& side, Observations const& seen);

/// "it ends in 9 days", "it ended 3 days ago".
std::string end_text(long long days);

/// Whole days from now, rounded down: negative for the past.
long long days_until(Visit const& visit, std::chrono::system_clock::time_point moment);
long long days_until(Visit const& visit, double unix_seconds);
inline constexpr long long kSoonDays = 14;

/// Doctor reports the first failure: it neither retries nor waits as long as a server asks.
inline constexpr calls::RetryPolicy kOneTry{.tries = 1, .max_retry_after = std::chrono::seconds{0}};

/// "1 row", "20000 rows".
std::string quantity(std::size_t number, std::string_view what);

} // namespace backfill::app
