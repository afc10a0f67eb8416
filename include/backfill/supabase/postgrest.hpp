#pragma once

#include "backfill/calls/client.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/supabase/api_key.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::supabase {

/// What a PostgREST answer means. Its JSON `code` counts before its status, which differs between versions.
enum class Fault {
    none,
    fatal,    ///< refused key, missing table, column, right or unique key: the run cannot go on
    retry,    ///< may pass
    outlast,  ///< passes by itself, a minute later at most
    smaller,  ///< statement timeout: half as much may pass
    too_long, ///< body or URL too long: only a shorter request passes
    poison,   ///< a row (or an id asked for) that PostgreSQL refuses: the others may pass, parting finds it
    unknown,  ///< fails this batch, is not tried again
};

/// Whether the caller can still ask for less; if not, a timeout is tried again like any passing fault.
enum class Divisible { yes, no };

/// Whether a request carries rows, or may: then a trigger may raise any code, and any row may be what a refusal is
/// about.
enum class Payload { none, rows };

/// Of a row, the values of the one or two keys asked for, as texts. Numbers are their digits; null and missing are "".
using KeyTexts = std::array<std::string_view, 2>;

struct Answer {
    /// Or smaller, too_long, poison: what the caller can part. Of a request with rows also fatal and unknown, where the
    /// answer has an SQLSTATE: a trigger may raise any.
    Fault fault = Fault::none;
    std::vector<KeyTexts> rows;
    TextStore texts;                  ///< what the rows look at
    std::optional<std::size_t> total; ///< the number after the slash in Content-Range
    bool total_is_exact = true;
    std::string preference_applied;
    std::string failure;                 ///< why, when there is a fault; fit to print
    std::string code;                    ///< PostgREST's code then
    std::string advice;                  ///< what to do then, in sentences
    std::optional<Clock::Duration> took; ///< of a call that needed no second try
    bool may_be_a_repetition = false;    ///< an earlier try, or this one where it failed, may have been carried out
};

struct Query {
    std::string table;
    std::string parameters;        ///< "select=id&limit=1", values percent-encoded
    std::string prefer;            ///< the Prefer header, empty = none
    std::vector<std::string> keys; ///< one or two columns to read from the answer's rows; none = the body is ignored
    Divisible divisible = Divisible::no;
    Payload payload = Payload::none;
    std::string conflict_key{};   ///< columns of on_conflict, for the advice
    std::string suspected_code{}; ///< an answer with this code is not tried again: the rows cause it
};

/// PostgREST's side of every call: headers, retries, and the fault table. One per thread. Every call throws
/// FatalError (with what to do), BatchError when it failed for good, Stopped.
class Postgrest {
public:
    /// `schema` of all tables; empty = the first one that is exposed.
    Postgrest(calls::Client& client, ApiKey const& key, Clock& clock, std::string schema = {});

    Answer get(Query const& query, std::stop_token const& stop);
    Answer post(Query const& query, std::string body, std::stop_token const& stop);

    /// The OpenAPI description of the schema (`GET /`); nothing where it cannot be had. Throws Stopped.
    std::optional<std::string> description(std::stop_token const& stop);

    std::string const& schema() const { return schema_; } ///< empty = the first one that is exposed

private:
    http::Request request_for(Query const& query, http::Request::Method method) const;
    Answer call(Query const& query, http::Request const& request, std::stop_token const& stop);

    calls::Client& client_;
    std::vector<http::Header> headers_;
    std::string schema_;
    bool token_is_minted_;
    bool key_has_passed_ = false;
    std::optional<TimePoint> reload_waited_for_;
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

/// The policy of `Fault::retry`: 6 tries, 0.5 s doubled up to 30 s; of `Fault::outlast`: for 90 s.
calls::RetryPolicy retry_policy();

} // namespace backfill::supabase
