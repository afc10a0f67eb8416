#include "support/fake_supabase.hpp"

#include "support/fake_query.hpp"
#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "backfill/core/json_text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <sstream>

namespace backfill::test {
namespace {

class FakeTransport final : public http::Transport {
public:
    explicit FakeTransport(FakeSupabase& supabase) : supabase_{supabase} {}

    http::Outcome send(http::Request const& request, std::stop_token const& stop) override
    {
        return stop.stop_requested() ? http::Outcome{no_reply(http::TransportError::Kind::stopped)}
                                     : http::Outcome{supabase_.answer(request)};
    }

private:
    FakeSupabase& supabase_;
};

std::string json_of(SqlError const& error)
{
    std::string text = R"({"code":)";
    append_json_string(text, error.code);
    text += R"(,"details":)";
    append_json_string(text, error.details);
    text += R"(,"hint":null,"message":)";
    append_json_string(text, error.what());
    return text + "}";
}

std::string json_of(FakeTable const& table, std::vector<std::string> const& select, std::vector<Record const*> rows)
{
    std::string text = "[";
    for (auto const* row : rows) {
        text += text.size() > 1 ? ",\n {" : "{";
        for (auto const& name : select) {
            text += text.ends_with('{') ? "" : ",";
            append_json_string(text, name);
            text += ':';
            auto const value = row->find(name);
            if (value == row->end() || !value->second) {
                text += "null";
            } else if (table.column(name).type == FakeColumn::Type::json) {
                text += *value->second;
            } else {
                append_json_string(text, *value->second);
            }
        }
        text += '}';
    }
    return text + "]";
}

Value value_of(Poco::Dynamic::Var const& json)
{
    if (json.isEmpty()) {
        return std::nullopt;
    }
    if (json.isString()) {
        return json.extract<std::string>();
    }
    std::ostringstream text;
    Poco::JSON::Stringifier::stringify(json, text);
    return text.str();
}

std::vector<Record> records_in(std::string const& body, std::vector<std::string> const& columns)
{
    if (body.find("\\u0000") != std::string::npos) {
        throw SqlError{400, "22P05", "unsupported Unicode escape sequence"};
    }
    try {
        std::vector<Record> records;
        auto const array = Poco::JSON::Parser{}.parse(body).extract<Poco::JSON::Array::Ptr>();
        for (auto const& element : *array) {
            auto& record = records.emplace_back();
            for (auto const& name : columns) { // other keys are dropped, missing ones are NULL
                record[name] = value_of(element.extract<Poco::JSON::Object::Ptr>()->get(name));
            }
        }
        return records;
    } catch (Poco::Exception const&) {
        throw SqlError{400, "PGRST102", "Empty or invalid json"};
    }
}

Resolution resolution_in(std::string const& prefer)
{
    return prefer.find("resolution=ignore-duplicates") != std::string::npos ? Resolution::ignore_duplicates
        : prefer.find("resolution=merge-duplicates") != std::string::npos   ? Resolution::merge_duplicates
                                                                            : Resolution::none;
}

/// The role of a token: of the bearer's, else of the key that the gateway puts in its place, else anon.
Role role_of(http::Request const& request)
{
    auto const key = header_of(request, "apikey");
    auto const bearer = header_of(request, "Authorization");
    auto const is_one_of = [&](auto... keys) { return ((key == keys) || ...); };
    if (key.empty()) {
        throw SqlError{401, "", "No API key found in request"};
    }
    if (!is_one_of(FakeSupabase::service_key(), FakeSupabase::anon_key(), FakeSupabase::hasty_key(),
            FakeSupabase::kSecretKey, FakeSupabase::kPublishableKey)) {
        throw SqlError{401, "", "Invalid API key"};
    }
    if (bearer.empty()) {
        return key == FakeSupabase::kSecretKey ? Role::service : Role::anon;
    }
    if (bearer == "Bearer " + FakeSupabase::service_key()) {
        return Role::service;
    }
    if (bearer == "Bearer " + FakeSupabase::hasty_key()) {
        return Role::hasty_service;
    }
    if (bearer == "Bearer " + FakeSupabase::anon_key()) {
        return Role::anon;
    }
    throw SqlError{401, "PGRST301", "JWSError JWSInvalidSignature"};
}

} // namespace

std::unique_ptr<http::Transport> FakeSupabase::transport()
{
    return std::make_unique<FakeTransport>(*this);
}

std::string FakeSupabase::service_key()
{
    return service_jwt();
}

std::string FakeSupabase::anon_key()
{
    return jwt(R"({"role":"anon","exp":4102444800})");
}

std::string FakeSupabase::hasty_key()
{
    return jwt(R"({"role":"hasty_service","exp":4102444800})");
}

http::Reply FakeSupabase::answer(http::Request const& request)
{
    std::lock_guard const lock{mutex_};
    auto const table = form_decoded(request.target.substr(1, request.target.find('?') - 1));
    return spoken(dialect_, answer_of_12(request, table), table);
}

http::Reply FakeSupabase::answer_of_12(http::Request const& request, std::string const& table)
{
    try {
        auto const role = role_of(request);
        auto const question = request.target.find('?');
        auto const query = question == std::string::npos ? std::string{} : request.target.substr(question + 1);
        if (request.target.find('/', 1) < question) {
            return reply(404, "{}");
        }
        return request.method == http::Request::Method::get ? read(table, query, header_of(request, "Prefer"), role)
                                                            : write(table, query, request, role);
    } catch (SqlError const& error) {
        std::vector<http::Header> headers{{"Content-Type", "application/json"}};
        auto const body = error.code.empty() ? R"({"message":")" + std::string{error.what()} + "\"}" : json_of(error);
        return reply(error.status, body, std::move(headers));
    }
}

http::Reply FakeSupabase::read(std::string const& name, std::string const& text, std::string const& prefer, Role role)
{
    auto const& table = tables_.at(name);
    table.demand(name, role, FakeTable::Right::select);
    FakeQuery const query{text};
    auto rows = query.rows_of(table);
    if (!table.shows_rows_to(role)) {
        rows.clear();
    }
    auto const total = rows.size();
    rows.resize(std::min({rows.size(), row_cap_, query.limit.value_or(row_cap_)}));
    bool const count = prefer.find("count=exact") != std::string::npos;
    auto const span = rows.empty() ? std::string{"*"} : "0-" + std::to_string(rows.size() - 1);
    std::vector<http::Header> headers{{"Content-Type", "application/json; charset=utf-8"},
        {"Content-Range", span + "/" + (count ? std::to_string(total) : "*")}};
    if (count) {
        headers.emplace_back("Preference-Applied", "count=exact");
    }
    return reply(count && rows.size() < total ? 206 : 200, json_of(table, query.select, rows), std::move(headers));
}

http::Reply FakeSupabase::write(
    std::string const& name, std::string const& text, http::Request const& request, Role role)
{
    auto const prefer = header_of(request, "Prefer");
    auto& table = tables_.at(name);
    FakeQuery const query{text};
    for (auto const& column : query.columns) {
        if (!table.columns.contains(column)) {
            throw SqlError{400, "PGRST204", "Column '" + column + "' of relation '" + name + "' does not exist"};
        }
    }
    auto const records = records_in(request.body, query.columns);
    bool const returns_rows = prefer.find("return=representation") != std::string::npos;
    if (returns_rows) {
        table.demand(name, role, FakeTable::Right::select);
    }
    auto const resolution = resolution_in(prefer);
    if (writable_ == Writable::no) {
        throw SqlError{405, "25006", "cannot execute INSERT in a read-only transaction"};
    }
    auto const written = tables_.insert(name, records, query.on_conflict, resolution, role);
    std::vector<Record const*> rows;
    for (auto const& id : written) {
        rows.push_back(&table.rows.at(id));
    }
    // Kept in the form of 12.0.2: each preference that was understood, joined.
    return reply(201, returns_rows ? json_of(table, query.select, rows) : "",
        {{"Content-Type", "application/json; charset=utf-8"}, {"Content-Range", "*/" + std::to_string(written.size())},
            {"Preference-Applied", prefer}});
}

} // namespace backfill::test
