#include "supabase/fault.hpp"

#include "backfill/calls/retry.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace backfill::supabase {
namespace {

constexpr std::string_view kTwiceInOneRequest = "ON CONFLICT DO UPDATE command cannot affect row a second time";

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes)
{
    return std::ranges::find(codes, code) != codes.end();
}

/// Whether a state is of one of these classes, the first two letters of its code.
bool is_of_class(std::string_view code, std::initializer_list<std::string_view> classes)
{
    return is_sqlstate(code) && is_one_of(code.substr(0, 2), classes);
}

/// PGRST3xx concern the key. Hosted Supabase mints a token for each request of an sb_ key and checks it with a clock
/// that may be behind: the first requests after an idle night fail, then pass (supabase/supabase issues 49655, 50651).
Fault classify_key_code(ErrorBody const& error, Asked const& asked)
{
    bool const too_early = is_one_of(error.message, {"JWT issued at future", "JWT not yet valid"});
    bool const passes = error.code == "PGRST303" ? asked.minted_token || too_early
                                                 : error.code == "PGRST301" && asked.minted_token && asked.key_passed;
    return passes ? Fault::outlast : Fault::fatal;
}

/// Nothing when the code does not decide.
std::optional<Fault> classify_code(ErrorBody const& error, Asked const& asked)
{
    auto const& code = error.code; // a proxy's {"code":429} has no class 42
    if (code.starts_with("PGRST3")) {
        return classify_key_code(error, asked);
    }
    if (is_of_class(code, {"08", "53"})
        || is_one_of(code, {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "PGRST003"})) {
        return Fault::retry;
    }
    if (is_one_of(code, {"PGRST000", "PGRST001", "PGRST002"})) { // a reload of the schema that failed: up to 63 s
        return Fault::outlast;
    }
    if (code == "57014") {
        return Fault::smaller;
    }
    if (is_of_the_server(code)) {
        return Fault::unknown;
    }
    bool const our_mistake = code == "PGRST102" || error.message == kTwiceInOneRequest;
    if (our_mistake) {
        return Fault::unknown;
    }
    // A trigger whose RAISE 'PGRST' or whose headers PostgREST cannot read.
    bool const of_a_trigger = is_one_of(code, {"PGRST111", "PGRST112", "PGRST121"});
    if (asked.with_rows && of_a_trigger) {
        return Fault::poison;
    }
    if (code.starts_with("PGRST") || is_one_of(code, {"42P10", "25006"})) {
        return Fault::fatal;
    }
    return std::nullopt;
}

/// For a read: what the role may not see or the table does not have ends the run; a value that a column's type refuses
/// is one of the ids asked for.
std::optional<Fault> classify_state_of_read(std::string_view code, int status)
{
    if (is_of_class(code, {"42"})) {
        return Fault::fatal;
    }
    bool const of_a_value = is_of_class(code, {"22", "23", "P0"});
    bool const refused = is_sqlstate(code) && status >= 400 && status < 500 && status != 401 && status != 403;
    return of_a_value || refused ? std::optional{Fault::poison} : std::nullopt;
}

Fault classify_status(int status, Asked const& asked)
{
    switch (status) {
    case 401:
    case 402: // quota of the project exceeded
    case 404:
    case 540: // project paused
        return Fault::fatal;
    case 408:
    case 425:
    case 429:
        return Fault::retry;
    case 413:
    case 414:
    case 431:
        return Fault::too_long;
    case 504: // PostgREST goes on working on the request that the gateway gave up
    case 524:
    case 544:
        return Fault::smaller;
    default:
        break;
    }
    if (status >= 500) {
        return Fault::retry;
    }
    // A firewall in front of Supabase may dislike a text.
    bool const of_a_row = asked.with_rows && status >= 400;
    return of_a_row ? Fault::poison : status == 403 || status < 400 ? Fault::fatal : Fault::unknown;
}

/// PostgREST since 13 names itself and its code in a header of every error, the hosted gateway its own: they speak when
/// the body is empty, or a proxy's.
constexpr std::string_view kProxyStatus = "PostgREST; error=";

bool is_of_postgrest(http::Reply const& reply, ErrorBody const& error)
{
    return !error.code.empty()
        && (error.has_details || reply.header("Proxy-Status").value_or("").starts_with(kProxyStatus));
}

} // namespace

bool is_sqlstate(std::string_view code)
{
    return code.size() == 5 && code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

bool is_of_the_server(std::string_view code)
{
    return is_of_class(code, {"08", "40", "53", "57", "58", "F0"});
}

bool is_broken_connection(http::Reply const& reply, ErrorBody const& error)
{
    return reply.status == 400 && error.code.empty() && error.message.empty()
        && reply.body.find(R"("code":"")") != std::string::npos;
}

ErrorBody error_of(http::Reply const& reply)
{
    auto error = read_error(reply.body);
    auto const told = reply.header("Proxy-Status").value_or("");
    if (error.code.empty() && told.starts_with(kProxyStatus)) {
        error.code = told.substr(kProxyStatus.size());
    }
    if (error.code.empty()) {
        error.code = reply.header("sb-error-code").value_or("");
    }
    return error;
}

Fault classify(http::Outcome const& outcome, Asked const& asked)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return calls::may_pass(outcome) ? Fault::retry : Fault::fatal;
    }
    if (reply->succeeded()) {
        return Fault::none;
    }
    auto const error = error_of(*reply);
    if (is_broken_connection(*reply, error)) {
        return Fault::retry;
    }
    if (auto const fault = classify_code(error, asked)) {
        return *fault;
    }
    bool const of_the_database = is_sqlstate(error.code);
    if (asked.with_rows) {
        return of_the_database || is_of_postgrest(*reply, error) ? Fault::poison
                                                                 : classify_status(reply->status, asked);
    }
    if (auto const fault = classify_state_of_read(error.code, reply->status)) {
        return *fault;
    }
    // A 500 with a code of the database has a lasting reason; one with a proxy's own code may pass.
    return reply->status == 500 && of_the_database ? Fault::unknown : classify_status(reply->status, asked);
}

bool may_be_stale_cache(http::Outcome const& outcome)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    return reply && reply->status >= 400 && is_one_of(error_of(*reply).code, {"PGRST204", "PGRST205", "42703"});
}

bool concerns_the_key(http::Outcome const& outcome)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    return reply && error_of(*reply).code.starts_with("PGRST30");
}

} // namespace backfill::supabase
