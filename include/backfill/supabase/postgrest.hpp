#pragma once

#include "backfill/calls/client.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/supabase/api_key.hpp"
#include "backfill/supabase/text_rows.hpp"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::supabase {

/// What the caller can do about an answer other than success.
enum class Remedy {
    none,         ///< success
    ask_for_less, ///< statement timeout: half as much may pass
    send_less,    ///< the body or the URL is too long: only a shorter one passes
    part,         ///< a value was refused: parting finds the guilty one
};

/// Whether the caller can still ask for less; when not, a timeout is tried again like any other passing fault.
enum class Divisible { yes, no };

struct Answer {
    Remedy remedy = Remedy::none;
    TextRows rows;                    ///< the values of the keys asked for
    std::optional<std::size_t> total; ///< the number behind the slash of Content-Range
    std::string preference_applied;
    std::string failure;                 ///< why, when remedy is not none; fit to print
    std::string code;                    ///< PostgREST's code then
    std::optional<Clock::Duration> took; ///< of a call that needed no second try
};

struct Query {
    std::string table;
    std::string parameters;        ///< "select=id&limit=1", values percent-encoded
    std::string prefer;            ///< the Prefer header, empty = none
    std::vector<std::string> keys; ///< which columns of the answer's rows to read; none = the body is not looked at
    Divisible divisible = Divisible::no;
};

/// PostgREST's side of every call: headers, retries, and the fault table. One per thread. Every call throws
/// FatalError (with what to do), BatchError when it failed for good, Stopped.
class Postgrest {
public:
    Postgrest(calls::Client& client, ApiKey const& key, Clock& clock);

    Answer get(Query const& query, std::stop_token const& stop);
    Answer post(Query const& query, std::string body, std::stop_token const& stop);

private:
    http::Request request_for(Query const& query, http::Request::Method method) const;
    Answer call(Query const& query, http::Request const& request, std::stop_token const& stop);

    calls::Client& client_;
    std::vector<http::Header> headers_;
    Clock& clock_;
};

/// "Supabase, table Message: ", which every message about a table begins with.
std::string about(std::string const& table);

/// Rows asked for at once: PostgREST's usual db-max-rows. A lower cap is found by reading to an empty page.
inline constexpr std::size_t kPageRows = 1000;

/// Values in the places where PostgREST reads them. Top level (`id=eq.VALUE`): percent-encoded only. In a list
/// (`in.(…)`, `or=(…)`): in double quotes unless plain, which is 2.5 times cheaper.
std::string list_value(std::string_view value);

/// A column in `select`, `order`, `columns`: quoted unless plain.
std::string column_name(std::string_view name);

/// The policy of `Fault::retry`: 6 tries, 0.5 s doubled up to 30 s.
calls::RetryPolicy retry_policy();

} // namespace backfill::supabase
