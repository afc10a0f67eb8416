#include "support/supabase_side.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/api_key.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace backfill::test {
namespace {

using supabase::ApiKey;

constexpr long long kNow = 1'750'000'000;

ApiKey key_of(std::string const& text)
{
    return ApiKey{Secret{text}};
}

std::string refusal(std::string const& payload, std::string const& host = "abc.supabase.co")
{
    return text_of<FatalError>([&] { key_of(jwt(payload)).check(host, kNow); });
}

TEST_CASE("A JWT goes into both headers, any other key into apikey only")
{
    auto const token = jwt(R"({"role":"anon"})");
    CHECK(
        key_of(token).headers() == std::vector<http::Header>{{"apikey", token}, {"Authorization", "Bearer " + token}});
    for (std::string const key : {"sb_secret_x", "sb_publishable_x", "garbage", "a.b", "a.b.c.d"}) {
        CHECK(key_of(key).headers() == std::vector<http::Header>{{"apikey", key}});
    }
}

TEST_CASE("Only service_role and secret keys pass by row-level security")
{
    CHECK(key_of(jwt(R"({"role":"service_role"})")).bypasses_row_level_security());
    CHECK(key_of("sb_secret_x").bypasses_row_level_security());
    for (auto const& key : {jwt(R"({"role":"anon"})"), jwt(R"({"role":"authenticated"})"), jwt("{}"),
             std::string{"sb_publishable_x"}, std::string{"garbage"}, std::string{"a.b.c"}}) {
        CHECK_FALSE(key_of(key).bypasses_row_level_security());
    }
}

TEST_CASE("The role is the JWT's, and empty where there is none to read")
{
    CHECK(key_of(jwt(R"({"role":"anon"})")).role() == "anon");
    CHECK(key_of(jwt(R"({"role":"Rolle mit Ümläut"})")).role() == "Rolle mit Ümläut");
    auto const key = GENERATE(as<std::string>{}, "sb_secret_x", "", ".", "..", "a.b.c", "a.!!!.c",
        "a.bnVsbA.c" /* null */, "a.W10.c" /* [] */, "a.eyJyb2xlIjo.c" /* cut */, "a.eyJyb2xlIjo3fQ.c" /* a number */);
    CAPTURE(key);
    CHECK(key_of(key).role().empty());
    CHECK_NOTHROW(key_of(key).check("abc.supabase.co", kNow));
}

TEST_CASE("A key that has expired is refused without asking the server")
{
    CHECK(refusal(R"({"exp":1749999999})").find("expired") != std::string::npos);
    CHECK(refusal(R"({"exp":1750000000})").find("expired") != std::string::npos); // as of this second
    CHECK(refusal(R"({"exp":1749999999.5})").find("expired") != std::string::npos);
    CHECK(refusal(R"({"exp":1750000001})").empty());
    CHECK(refusal(R"({"exp":"1"})").empty()); // not a number: the server's business
    CHECK(refusal(R"({"exp":1e300})").empty());
    CHECK_FALSE(refusal(R"({"exp":-1e300})").empty());
    CHECK(refusal("{}").empty());
}

TEST_CASE("A key of another project is refused, and both projects are named")
{
    auto const text = refusal(R"({"ref":"xyz"})");
    CHECK(text.find("xyz") != std::string::npos);
    CHECK(text.find("abc") != std::string::npos);
    CHECK(refusal(R"({"ref":"abc"})").empty());
    CHECK(refusal(R"({"role":"anon"})").empty());
}

TEST_CASE("Which project a host belongs to is known below supabase.co only")
{
    auto const host = GENERATE(as<std::string>{}, "localhost", "127.0.0.1", "db.example.com", "supabase.co",
        "abc.supabase.co.example.com", "abcsupabase.co");
    CAPTURE(host);
    CHECK(refusal(R"({"ref":"xyz"})", host).empty());
}

TEST_CASE("No refusal quotes the key")
{
    auto const token = jwt(R"({"ref":"xyz","exp":1})");
    auto const text = text_of<FatalError>([&] { key_of(token).check("abc.supabase.co", kNow); });
    CHECK_FALSE(text.empty());
    CHECK(text.find(token) == std::string::npos);
    CHECK(text.find(token.substr(token.rfind('.') + 1)) == std::string::npos);
}

} // namespace
} // namespace backfill::test
