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

/// What a caller can do about an answer.
enum class Remedy {
    none,         ///< success
    ask_for_less, ///< statement timeout: half as much may pass
    send_less,    ///< the body or the URL is too long: only a shorter one passes
    part,         ///< a value was refused: parting finds the guilty one
};

/// Whether the caller can still ask for less; if not, a timeout is tried again like any passing fault.
enum class Divisible { yes, no };

struct Answer {
    Remedy remedy = Remedy::none;
    TextRows rows;                    ///< the values of the keys asked for
    std::optional<std::size_t> total; ///< the number after the slash in Content-Range
    std::string preference_applied;
    std::string failure;                 ///< why, when remedy is not none; fit to print
    std::string code;                    ///< PostgREST's code then
    std::optional<Clock::Duration> took; ///< of a call that needed no second try
};

struct Query {
    std::string table;
    std::string parameters;        ///< "select=id&limit=1", values percent-encoded
    std::string prefer;            ///< the Prefer header, empty = none
    std::vector<std::string> keys; ///< columns to read from the answer's rows; none = the body is ignored
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

/// An answer to a query that cannot be parted. FatalError unless it is success.
Answer required(Answer answer, std::string const& table);

/// "Supabase, table Message: ", the beginning of every message about a table.
std::string about(std::string const& table);

/// Rows per request: PostgREST's usual db-max-rows. Reading to an empty page copes with a lower cap.
inline constexpr std::size_t kPageRows = 1000;

/// A value in a list (`in.(…)`, `or=(…)`): in double quotes unless plain, which is 2.5 times cheaper. At top level
/// (`id=eq.VALUE`) a value is percent-encoded only.
std::string list_value(std::string_view value);

/// A column in `select`, `order`, `columns`: quoted unless plain.
std::string column_name(std::string_view name);

/// The policy of `Fault::retry`: 6 tries, 0.5 s doubled up to 30 s.
calls::RetryPolicy retry_policy();

} // namespace backfill::supabase
