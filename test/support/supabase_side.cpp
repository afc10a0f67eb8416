#include "support/supabase_side.hpp"

#include "support/test_texts.hpp"

#include "backfill/core/json_text.hpp"

#include <fmt/format.h>

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <utility>

namespace backfill::test {
namespace {

std::string base64url(std::string_view bytes)
{
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    auto const length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
        reinterpret_cast<unsigned char const*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    for (char& c : text) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    text.erase(std::min(text.find('='), text.size()));
    return text;
}

} // namespace

std::string jwt(std::string_view payload, std::string_view secret)
{
    auto const signed_part = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(payload);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned length = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
        reinterpret_cast<unsigned char const*>(signed_part.data()), signed_part.size(), mac.data(), &length);
    return signed_part + "." + base64url({reinterpret_cast<char const*>(mac.data()), length});
}

std::string service_jwt()
{
    return jwt(R"({"role":"service_role","iat":1700000000,"exp":4102444800})");
}

SupabaseSide::SupabaseSide(std::unique_ptr<http::Transport> transport, std::string const& key)
    : RunDesk{nullptr, true},
      client{"supabase", std::move(transport), gate, supabase::retry_policy(), clock, report},
      postgrest{client, supabase::ApiKey{Secret{key}}, clock}
{
}

std::string SupabaseSide::written() const
{
    std::string text;
    for (auto const& line : lines) {
        text += line + "\n";
    }
    return text;
}

Columns default_columns()
{
    return {{"id", "id"}, {"conversationid", "conversationid"}, {"actor_type", "actor_type"},
        {"message_parts", "message_parts"}, {"created_time", "created_time"}};
}

supabase::MessageTableLayout layout_of(std::string table)
{
    return {std::move(table), default_columns(), supabase::OnConflict::ignore};
}

Row message_row(std::string const& id, std::string const& conversation, std::string const& text,
    std::string const& created_time, std::string const& actor_type)
{
    std::string json = "{";
    for (auto const& [column, value] :
        std::initializer_list<std::pair<char const*, std::string>>{{"id", id}, {"conversationid", conversation},
            {"actor_type", actor_type}, {"message_parts", text}, {"created_time", created_time}}) {
        json += fmt::format(R"({}"{}":)", json.size() > 1 ? "," : "", column);
        append_json_string(json, value);
    }
    json += '}';
    return {texts().keep(id), texts().keep(conversation), 0, texts().keep(json)};
}

std::string numbered(std::string const& prefix, std::size_t number, int digits)
{
    return fmt::format("{}{:0{}}", prefix, number, digits);
}

} // namespace backfill::test
