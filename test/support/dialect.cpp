#include "support/dialect.hpp"

#include "support/scripted_transport.hpp"

#include "backfill/core/json_text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace backfill::test {
namespace {

struct Error {
    std::string code;
    std::string details; ///< as JSON
    std::string message;
    std::string hint;
};

std::string quoted_or_null(std::string const& text)
{
    std::string json;
    append_json_string(json, text);
    return text.empty() ? "null" : json;
}

std::optional<Error> error_in(std::string const& body)
{
    try {
        auto const object = Poco::JSON::Parser{}.parse(body).extract<Poco::JSON::Object::Ptr>();
        auto const text = [&](char const* name) {
            return object->isNull(name) ? "" : object->getValue<std::string>(name);
        };
        return Error{text("code"), quoted_or_null(text("details")), text("message"), text("hint")};
    } catch (Poco::Exception const&) {
        return std::nullopt;
    }
}

void set_header(http::Reply& reply, std::string const& name, std::string const& value)
{
    std::erase_if(reply.headers, [&](auto const& header) { return header.first == name; });
    reply.headers.emplace_back(name, value);
}

bool has(std::string_view text, std::string_view piece)
{
    return text.find(piece) != std::string_view::npos;
}

/// The statuses and words that changed between 12.0.2 and 14.
void renew(int& status, Error& error, std::string const& table)
{
    auto const quoted = "'public." + table + "'";
    if (status == 404 && (error.code.empty() || (error.code == "42P01" && has(error.message, "public." + table)))) {
        error = {"PGRST205", "null", "Could not find the table " + quoted + " in the schema cache", {}};
    } else if (error.code == "PGRST204") {
        auto const name = error.message.substr(error.message.find('\''), error.message.find("' of") - 7);
        error.message = "Could not find the " + name + "' column of '" + table + "' in the schema cache";
    } else if (error.code == "PGRST301" && has(error.message, "JWSInvalidSignature")) {
        error.message = "JWT cryptographic operation failed";
    } else if (error.code == "PGRST301" && error.message == "JWT expired") {
        error.code = "PGRST303";
    } else if (error.code == "22023" && error.message.starts_with("role ")) {
        status = 401;
    } else if (error.code.starts_with("54") || error.code == "21000" || error.code == "42P17"
        || error.code == "53400") {
        status = 500;
    }
}

/// supautils of hosted databases adds it for the roles of the API.
std::string grant_hint(Error const& error)
{
    static constexpr std::string_view kTable = "permission denied for table ";
    return error.code == "42501" && error.message.starts_with(kTable)
        ? "Grant the required privileges to the current role with: GRANT SELECT, INSERT, UPDATE ON public."
            + error.message.substr(kTable.size()) + " TO service_role;"
        : error.hint;
}

/// What the gateway says by itself; PostgREST never saw the request.
void renew_gateway(http::Reply& reply, Error const& error)
{
    bool const refused = error.message == "Invalid API key";
    bool const missing = error.message == "No API key found in request";
    if (refused) {
        reply.body =
            R"({"message":"Invalid API key","hint":"Double check your Supabase `anon` or `service_role` API key."})";
    }
    if (refused || missing) {
        set_header(reply, "sb-error-code", refused ? "UNAUTHORIZED_INVALID_API_KEY" : "UNAUTHORIZED_MISSING_API_KEY");
    }
}

} // namespace

http::Reply postgrest_error(int status, std::string const& code, std::string const& message, std::string const& hint)
{
    return reply(status,
        R"({"code":")" + code + R"(","details":null,"hint":)" + quoted_or_null(hint) + R"(,"message":)"
            + quoted_or_null(message) + "}",
        {{"Content-Type", "application/json; charset=utf-8"}, {"Proxy-Status", "PostgREST; error=" + code}});
}

http::Reply spoken(Dialect dialect, http::Reply reply, std::string const& table)
{
    if (dialect == Dialect::v12 || reply.succeeded()) {
        return reply;
    }
    auto error = error_in(reply.body);
    if (!error) {
        return reply;
    }
    if (error->code.empty() && reply.status == 401) {
        if (dialect == Dialect::hosted) {
            renew_gateway(reply, *error);
        }
        return reply;
    }
    renew(reply.status, *error, table);
    auto const hint = dialect == Dialect::hosted ? grant_hint(*error) : error->hint;
    reply.body = R"({"code":")" + error->code + R"(","details":)" + error->details + R"(,"hint":)"
        + quoted_or_null(hint) + R"(,"message":)" + quoted_or_null(error->message) + "}";
    set_header(reply, "Proxy-Status", "PostgREST; error=" + error->code);
    if (reply.status == 503) {
        set_header(reply, "Retry-After", "0");
    }
    return reply;
}

} // namespace backfill::test
