#pragma once

#include "app/connections/connections.hpp"
#include "app/doctor/diagnosis.hpp"
#include "app/log/call_log.hpp"
#include "app/notify/notices.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/rate_headers.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::app {

/// How the doctor reaches the outside.
struct Instruments {
    Connections connections;
    std::function<http::Probe(http::Endpoint const&, http::TransportOptions const&, std::stop_token const&)> probe;
    std::function<std::chrono::system_clock::time_point()> wall_clock;
    Notices::Connect webhook{};
};

/// What the parts of one visit share.
struct Visit {
    Settings const& settings;
    Instruments const& instruments;
    Clock& clock;
    Log const& log;
    std::stop_token const& stop;
    std::vector<Check>& checks; ///< in the order in which they were made

    /// A run can work: ok, or a warning where there is advice.
    void passed(std::string const& name, std::string const& detail, std::string const& advice = {},
        bool leaves_nothing = false) const
    {
        add({name, advice.empty() ? Check::Result::ok : Check::Result::warning, detail, advice, leaves_nothing});
    }
    void failed(std::string const& name, std::string const& detail, std::string const& advice) const
    {
        add({name, Check::Result::failed, detail, advice});
    }

    /// Prints it at once, unless all of them become JSON at the end.
    void add(Check const& check) const;
};

/// One side, for messages: "supabase", "SUPABASE_URL", its endpoint and options.
struct Side {
    std::string name;
    std::string setting;
    http::Endpoint const& endpoint;
    http::TransportOptions const& transport;
    Check::Result without = Check::Result::failed; ///< what it is when it cannot be reached
    char const* secret = "the key";                ///< what plain http shows on the way
};

/// What the answers of one side show apart from their bodies.
class Observations final : public CallLog {
public:
    explicit Observations(Visit const& visit) : CallLog{visit.log}, visit_{visit} {}

    void attempt_ended(Attempt const& attempt) override;

    std::size_t answers = 0;
    int last_status = 0; ///< 0 = the last call had no answer
    Clock::Duration quickest{};
    Clock::Duration slowest{};
    std::optional<std::chrono::seconds> ahead; ///< server's clock minus this machine's, by the last Date header
    calls::RateHeaders rates;                  ///< of the last answer

private:
    Visit const& visit_;
};

/// What a run would take; nothing when that could not be read.
struct Sample {
    std::size_t taken = 0; ///< conversations in all
    std::vector<ConversationId> first;
};

/// Checks key, tables, columns, rights, unique key and row cap: visit_supabase.cpp.
Sample examine_supabase(Visit const& visit);

/// Checks the token, one of these conversations, page size and quota, and tells how long a run takes:
/// visit_freshchat.cpp. Without conversations it asks for a made-up one, which shows whether the token is good.
void examine_freshchat(Visit const& visit, Sample const& sample);

/// Checks the ways to HEALTHCHECK_URL and NOTIFY_URL, as far as they are set: sends no ping, and a message only where
/// `doctor --notify` asks for it: visit_notices.cpp.
void examine_notices(Visit const& visit);

/// Checks name, connection and TLS. Returns whether requests can be sent; throws Stopped.
bool examine_way(Visit const& visit, Side const& side);

/// Clock and latency, as the answers show them; nothing without answers.
void examine_answers(Visit const& visit, std::string const& side, Observations const& seen);

/// "expires in 9 days", "expired 3 days ago".
std::string end_text(long long days);

/// Whole days from now, rounded down: negative for the past.
long long days_until(Visit const& visit, std::chrono::system_clock::time_point moment);
std::optional<long long> days_until(Visit const& visit, std::optional<double> unix_seconds);
inline constexpr long long kSoonDays = 14;

/// Doctor reports the first failure: it neither retries nor waits as long as a server asks. But hosted Supabase refuses
/// its own tokens for a second or two after an idle night, and a good key must not be called a bad one.
inline constexpr calls::RetryPolicy kOneTry{
    .tries = 1, .max_retry_after = std::chrono::seconds{0}, .patience = std::chrono::seconds{5}};

/// "1 row", "20000 rows".
std::string quantity(std::size_t number, std::string_view what);

} // namespace backfill::app
