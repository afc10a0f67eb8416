#include "backfill/http/endpoint.hpp"
#include "backfill/http/proxy.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <stdexcept>

using namespace backfill::http;
using Scheme = Endpoint::Scheme;

namespace {

std::function<std::string(std::string const&)> environment(std::map<std::string, std::string> variables)
{
    return [variables](std::string const& name) {
        auto const found = variables.find(name);
        return found == variables.end() ? std::string{} : found->second;
    };
}

/// host:port of the chosen proxy; "direct" without one.
std::string way_to(std::string const& url, std::map<std::string, std::string> const& variables)
{
    auto const proxy = choose_proxy(parse_endpoint(url), environment(variables));
    return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "direct";
}

bool is_exempt(std::string const& url, std::string const& no_proxy)
{
    return way_to(url, {{"https_proxy", "p:1"}, {"NO_PROXY", no_proxy}}) == "direct";
}

} // namespace

TEST_CASE("a whole URL keeps its path and query as they were given")
{
    auto const target = [](char const* text) { return parse_url(text).target; };
    CHECK_THROWS_AS(parse_url("https://h/a/?b=/c#"), std::invalid_argument);
    CHECK(target("https://h:8443/a//b/?c=d?e&f=%20") == "/a//b/?c=d?e&f=%20");
    CHECK(parse_url("HTTPS://H:8443/A").endpoint.text() == "https://h:8443");
    CHECK(target("h?x") == "?x");
    CHECK(target("h") == "");
    CHECK(target("h/x?to=https://other/") == "/x?to=https://other/");
    CHECK(parse_url("http://[::1]:80/x").endpoint.host == "::1");
}

TEST_CASE("an endpoint is read from a host name or a URL")
{
    REQUIRE(parse_endpoint("acme.freshchat.com") == Endpoint{Scheme::https, "acme.freshchat.com", 443, ""});
    REQUIRE(parse_endpoint("HTTPS://Acme.Freshchat.COM:8443/Prefix/")
        == Endpoint{Scheme::https, "acme.freshchat.com", 8443, "/Prefix"});
    REQUIRE(parse_endpoint("http://localhost") == Endpoint{Scheme::http, "localhost", 80, ""});
    REQUIRE(parse_endpoint("localhost:3000/a/b//") == Endpoint{Scheme::https, "localhost", 3000, "/a/b"});
    REQUIRE(parse_endpoint("[::1]:80") == Endpoint{Scheme::https, "::1", 80, ""});
    REQUIRE(parse_endpoint("http://[0:0:0:0:0:0:0:1]/") == Endpoint{Scheme::http, "::1", 80, ""});
    REQUIRE(parse_endpoint("example.com.") == Endpoint{Scheme::https, "example.com", 443, ""});
}

TEST_CASE("an endpoint's text can be read again and gives the same endpoint")
{
    auto const* const text = GENERATE("https://acme.freshchat.com/v2", "http://localhost:3000",
        "https://[::1]:8443/rest/v1", "http://127.0.0.1", "https://host:80");
    REQUIRE(parse_endpoint(text).text() == text);
}

TEST_CASE("the authority leaves out the scheme's own port only")
{
    REQUIRE(parse_endpoint("https://host:443").authority() == "host");
    REQUIRE(parse_endpoint("https://host:80").authority() == "host:80");
    REQUIRE(parse_endpoint("http://host:80").authority() == "host");
    REQUIRE(parse_endpoint("http://[::1]:443").authority() == "[::1]:443");
    REQUIRE(parse_endpoint("http://[::1]").authority() == "[::1]");
}

TEST_CASE("an endpoint that is wrong is refused with the reason")
{
    using Catch::Matchers::Contains;
    auto const [text, why] = GENERATE(table<std::string, std::string>({{"", "host is missing"},
        {"https://", "host is missing"}, {"https:///path", "host is missing"}, {"http://:80", "host is missing"},
        {".", "host is missing"}, {"ftp://host", "only http:// and https://"},
        {"https://user:password@host", "user or password"}, {"https://host/?a=b", "query"}, {"https://host#a", "query"},
        {"https://host:0", "port"}, {"https://host:65536", "port"}, {"https://host:", "port"},
        {"https://host:80x", "port"}, {"https://host:-1", "port"}, {"https://::1", "brackets"},
        {"https://[::1", "brackets"}, {"https://[::g]", "brackets"}, {"https://[]", "brackets"},
        {"https://[::1]x", "brackets"}, {"https://ho st", "blank"}, {"https://host/\r\nX: y", "control character"},
        {std::string("ho\0st", 5), "control character"}, {"https://h\xc3\xb6st", "outside ASCII"},
        {"https://ho_st%41", "host names do not have"}, {"https://a..b", "no valid name"},
        {"https://a..", "no valid name"}, {"https://-a", "no valid name"}, {"https://host\\path", "backslash"}}));
    CAPTURE(text);
    REQUIRE_THROWS_AS(parse_endpoint(text), std::invalid_argument);
    REQUIRE_THROWS_WITH(parse_endpoint(text), Contains(why));
}

TEST_CASE("only what is certainly this machine counts as loopback")
{
    for (auto const* host : {"localhost", "127.0.0.1", "127.255.0.3", "::1"}) {
        CAPTURE(host);
        REQUIRE(Endpoint{Scheme::http, host, 80, ""}.is_loopback());
    }
    for (auto const* host :
        {"localhost.example.com", "128.0.0.1", "127.0.0.1.example.com", "::2", "0.0.0.0", "127.1", ""}) {
        CAPTURE(host);
        REQUIRE_FALSE(Endpoint{Scheme::http, host, 80, ""}.is_loopback());
    }
}

TEST_CASE("each scheme has its own proxy variable, and all_proxy stands in for both")
{
    REQUIRE(way_to("https://a.b", {{"http_proxy", "p:1"}}) == "direct");
    REQUIRE(way_to("http://a.b", {{"https_proxy", "p:1"}}) == "direct");
    REQUIRE(way_to("https://a.b", {{"https_proxy", "p:1"}, {"HTTPS_PROXY", "p:2"}, {"all_proxy", "p:3"}}) == "p:1");
    REQUIRE(way_to("https://a.b", {{"HTTPS_PROXY", "p:2"}, {"all_proxy", "p:3"}}) == "p:2");
    REQUIRE(way_to("http://a.b", {{"HTTP_PROXY", "p:2"}, {"http_proxy", "p:1"}}) == "p:1");
    REQUIRE(way_to("http://a.b", {{"all_proxy", "p:3"}, {"ALL_PROXY", "p:4"}}) == "p:3");
    REQUIRE(way_to("https://a.b", {{"https_proxy", ""}, {"ALL_PROXY", "p:4"}}) == "p:4");
    REQUIRE(way_to("https://a.b", {}) == "direct");
}

TEST_CASE("loopback is never reached through a proxy")
{
    auto const* const url = GENERATE("http://localhost:3000", "http://127.0.0.1", "http://[::1]");
    REQUIRE(way_to(url, {{"http_proxy", "p:1"}, {"all_proxy", "p:1"}}) == "direct");
}

TEST_CASE("a proxy is read with its port, user and password")
{
    auto const read = [](std::string const& text) {
        return *choose_proxy(parse_endpoint("https://a.b"), environment({{"https_proxy", text}}));
    };
    REQUIRE(read("proxy").port == 3128);
    REQUIRE(read("http://proxy/").port == 3128);
    REQUIRE(read("http://proxy:80/").port == 80);
    REQUIRE(read("http://[::1]:8080").host == "::1");
    REQUIRE(read("http://[::1]:8080").port == 8080);
    auto const full = read("HTTP://us%65r:p%40ss:w%2Frd@Proxy.Example:8080/");
    REQUIRE(full.host == "proxy.example");
    REQUIRE(full.port == 8080);
    REQUIRE(full.user == "user");
    REQUIRE(full.password == "p@ss:w/rd");
    REQUIRE(read("user:p@ss@proxy:1").password == "p@ss");
    REQUIRE(read("user@proxy:1").user == "user");
}

TEST_CASE("a proxy that cannot be used is refused by its variable's name, without its password")
{
    auto const* const text = GENERATE("socks5://user:s3cret@proxy:1", "https://user:s3cret@proxy", "user:s3cret@",
        "user:s3cret@proxy:0", "user:s3cret@pro xy", "http://user:s3cret%zz@proxy");
    CAPTURE(text);
    try {
        choose_proxy(parse_endpoint("https://a.b"), environment({{"HTTPS_PROXY", text}}));
        FAIL("it was accepted");
    } catch (std::invalid_argument const& error) {
        std::string const message = error.what();
        REQUIRE(message.starts_with("HTTPS_PROXY: "));
        REQUIRE(message.find("s3cret") == std::string::npos);
    }
}

TEST_CASE("no_proxy names hosts, domains, addresses and ports")
{
    REQUIRE(is_exempt("https://a.example.com", "*"));
    REQUIRE(is_exempt("https://a.example.com", "a.example.com"));
    REQUIRE(is_exempt("https://a.example.com", "other, A.Example.COM"));
    REQUIRE(is_exempt("https://a.example.com", "other a.example.com"));
    REQUIRE(is_exempt("https://a.example.com", "example.com"));
    REQUIRE(is_exempt("https://a.example.com", ".example.com"));
    REQUIRE(is_exempt("https://a.example.com", "*.example.com"));
    REQUIRE(is_exempt("https://example.com", ".example.com"));
    REQUIRE(is_exempt("https://a.example.com", "example.com:443"));
    REQUIRE(is_exempt("https://a.example.com:8000", "example.com"));
    REQUIRE(is_exempt("https://10.0.0.1", "10.0.0.1"));
    REQUIRE(is_exempt("https://[fd00::1]", "fd00::1"));
    REQUIRE(is_exempt("https://[fd00::1]", "[fd00:0::1]"));
    REQUIRE(is_exempt("https://[fd00::1]:8443", "[fd00::1]:8443"));
    REQUIRE(is_exempt("https://10.1.2.3", "192.168.0.0/16,10.0.0.0/8"));
    REQUIRE(is_exempt("https://10.1.2.3:8443", "10.1.2.3/32"));
    REQUIRE(is_exempt("https://10.1.2.3", "0.0.0.0/0"));
    REQUIRE(is_exempt("https://172.31.255.255", "172.16.9.9/12"));
    REQUIRE(is_exempt("https://[fd00:1::1]", "fd00::/8"));

    REQUIRE_FALSE(is_exempt("https://a.example.com", ""));
    REQUIRE_FALSE(is_exempt("https://a.example.com", ","));
    REQUIRE_FALSE(is_exempt("https://a.example.com", ". : [ ] ?"));
    REQUIRE_FALSE(is_exempt("https://badexample.com", "example.com"));
    REQUIRE_FALSE(is_exempt("https://a.example.com", "b.a.example.com"));
    REQUIRE_FALSE(is_exempt("https://a.example.com", "example.com:8443"));
    REQUIRE_FALSE(is_exempt("https://10.0.0.10", "10.0.0.1"));
    REQUIRE_FALSE(is_exempt("https://10.0.0.1", "0.0.1"));
    for (auto const* network : {"10.0.0.0/9x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "11.0.0.0/8",
             "fd00::/8", "a.example.com/8", "10.0.0.0/8/8"}) {
        CAPTURE(network);
        REQUIRE_FALSE(is_exempt("https://10.1.2.3", network));
    }
    REQUIRE_FALSE(is_exempt("https://172.32.0.1", "172.16.0.0/12"));
    REQUIRE_FALSE(is_exempt("https://a.example.com", "0.0.0.0/0"));
}
