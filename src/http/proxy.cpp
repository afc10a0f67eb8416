#include "backfill/http/proxy.hpp"

#include "http/resolver.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/StringTokenizer.h>
#include <Poco/URI.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

namespace backfill::http {
namespace {

using Variable = std::function<std::string(std::string const&)>;

struct Setting {
    std::string name;
    std::string value;
};

Setting first_set(Variable const& variable, std::initializer_list<char const*> names)
{
    for (auto const* name : names) {
        if (auto value = variable(name); !value.empty()) {
            return {name, value};
        }
    }
    return {};
}

/// Whether the address is in the network, as `10.0.0.0/8` or `fd00::/8`. A name is not looked up for this.
bool is_within(std::string const& network, std::string const& address)
{
    using Poco::Net::IPAddress;
    auto const slash = network.find('/');
    IPAddress base;
    IPAddress candidate;
    unsigned bits = 0;
    auto const* const end = network.data() + network.size();
    auto const parsed = std::from_chars(network.data() + slash + 1, end, bits);
    if (!IPAddress::tryParse(network.substr(0, slash), base) || !IPAddress::tryParse(address, candidate)
        || base.family() != candidate.family() || parsed.ec != std::errc{} || parsed.ptr != end
        || bits > base.length() * 8) {
        return false;
    }
    IPAddress const mask{bits, base.family()};
    return (base & mask) == (candidate & mask);
}

/// Whether an entry of no_proxy names this endpoint: `host`, `host:port` or a network, addresses with or without
/// brackets; a name includes its subdomains.
bool names(std::string_view entry, Endpoint const& endpoint)
{
    if (entry == "*") {
        return true;
    }
    if (entry.find('/') != std::string_view::npos) {
        return is_within(std::string{entry}, endpoint.host);
    }
    while (entry.starts_with("*.") || entry.starts_with('.')) {
        entry.remove_prefix(1);
    }
    if (entry.empty()) {
        return false;
    }
    Endpoint named;
    bool any_port = false;
    try {
        bool const bare_ipv6 = !entry.starts_with('[') && entry.find(':') != entry.rfind(':');
        auto const text = bare_ipv6 ? std::string{"["}.append(entry).append("]") : std::string{entry};
        named = parse_endpoint(text);
        any_port = text.ends_with(']') || text.find(':') == std::string::npos;
    } catch (std::invalid_argument const&) {
        return false; // curl ignores entries that it does not understand
    }
    if (!any_port && named.port != endpoint.port) {
        return false;
    }
    return endpoint.host == named.host || (!is_address(endpoint.host) && endpoint.host.ends_with("." + named.host));
}

bool is_exempt(Endpoint const& endpoint, std::string const& no_proxy)
{
    Poco::StringTokenizer const entries{no_proxy, ", \t", Poco::StringTokenizer::TOK_IGNORE_EMPTY};
    return std::any_of(
        entries.begin(), entries.end(), [&endpoint](auto const& entry) { return names(entry, endpoint); });
}

std::string decoded(std::string const& text)
{
    std::string result;
    Poco::URI::decode(text, result);
    return result;
}

Proxy parse_proxy(std::string text)
{
    text.insert(0, text.find("://") == std::string::npos ? "http://" : "");
    auto const begin = text.find("://") + 3;
    auto const authority = text.substr(0, text.find_first_of("/?#", begin));
    Proxy proxy;
    if (auto const at = authority.rfind('@'); at != std::string::npos && at >= begin) {
        auto const credentials = text.substr(begin, at - begin);
        auto const colon = std::min(credentials.find(':'), credentials.size());
        proxy.user = decoded(credentials.substr(0, colon));
        proxy.password = colon < credentials.size() ? decoded(credentials.substr(colon + 1)) : "";
        text.erase(begin, at + 1 - begin);
    }
    auto const endpoint = parse_endpoint(text);
    if (endpoint.scheme != Endpoint::Scheme::http) {
        throw std::invalid_argument{"https to the proxy itself is not supported"};
    }
    proxy.host = endpoint.host;
    // The default port is 3128, not 80; http://proxy:80 means 80.
    proxy.port = endpoint.port == 80 && !authority.ends_with(":80") ? Proxy{}.port : endpoint.port;
    return proxy;
}

} // namespace

std::optional<Proxy> choose_proxy(Endpoint const& endpoint, Variable const& variable)
{
    if (endpoint.is_loopback()) {
        return std::nullopt;
    }
    auto setting = endpoint.scheme == Endpoint::Scheme::https ? first_set(variable, {"https_proxy", "HTTPS_PROXY"})
                                                              : first_set(variable, {"http_proxy", "HTTP_PROXY"});
    if (setting.value.empty()) {
        setting = first_set(variable, {"all_proxy", "ALL_PROXY"});
    }
    if (setting.value.empty() || is_exempt(endpoint, first_set(variable, {"no_proxy", "NO_PROXY"}).value)) {
        return std::nullopt;
    }
    try {
        return parse_proxy(setting.value);
    } catch (std::invalid_argument const& error) {
        throw std::invalid_argument{setting.name + ": " + error.what()};
    } catch (Poco::Exception const&) {
        throw std::invalid_argument{setting.name + ": the user or password is not percent-encoded"};
    }
}

} // namespace backfill::http
