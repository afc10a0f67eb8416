#include "backfill/http/endpoint.hpp"

#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <stdexcept>

namespace backfill::http {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

/// Removes `prefix`, compared without case.
bool remove_prefix(std::string_view& text, std::string_view prefix)
{
    if (!equal_ignoring_case(text.substr(0, prefix.size()), prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

/// The canonical spelling of an IPv6 address; nothing for other text.
std::optional<std::string> normal_ipv6(std::string const& text)
{
    in6_addr address{};
    std::array<char, INET6_ADDRSTRLEN> spelled{};
    if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) {
        return std::nullopt;
    }
    return ::inet_ntop(AF_INET6, &address, spelled.data(), spelled.size());
}

std::string parse_host(std::string_view text)
{
    if (text.starts_with('[')) {
        auto const address =
            text.ends_with(']') ? normal_ipv6(std::string{text.substr(1, text.size() - 2)}) : std::nullopt;
        if (!address) {
            throw std::invalid_argument{"no valid IPv6 address in the brackets"};
        }
        return *address;
    }
    if (text.ends_with('.')) {
        text.remove_suffix(1); // the root's dot, which certificates leave out
    }
    if (text.empty()) {
        throw std::invalid_argument{"the host is missing"};
    }
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    auto host = ascii_lower(text);
    if (host.find_first_not_of(kLetters) != std::string::npos) {
        throw std::invalid_argument{host.find(':') != std::string::npos
                ? "an IPv6 address needs brackets"
                : "the host holds a character that host names do not have"};
    }
    if (host.front() == '.' || host.front() == '-' || host.back() == '.' || host.find("..") != std::string::npos) {
        throw std::invalid_argument{"the host is no valid name"};
    }
    return host;
}

std::uint16_t parse_port(std::string_view text)
{
    unsigned port = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535) {
        throw std::invalid_argument{"the port must be a number from 1 to 65535"};
    }
    return static_cast<std::uint16_t>(port);
}

/// Reads host and port; without one, the endpoint keeps its own.
void parse_authority(std::string_view text, Endpoint& endpoint)
{
    auto const bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    auto const colon = bracket == std::string_view::npos ? text.rfind(':') : text.find(':', bracket);
    endpoint.host = parse_host(text.substr(0, colon));
    if (colon != std::string_view::npos) {
        endpoint.port = parse_port(text.substr(colon + 1));
    }
}

std::uint16_t default_port(Endpoint::Scheme scheme)
{
    return scheme == Endpoint::Scheme::https ? 443 : 80;
}

} // namespace

bool Endpoint::is_loopback() const
{
    in_addr address{};
    if (::inet_pton(AF_INET, host.c_str(), &address) == 1) {
        return ntohl(address.s_addr) >> 24U == 127;
    }
    return host == "localhost" || normal_ipv6(host) == "::1";
}

std::string Endpoint::authority() const
{
    auto const name = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == default_port(scheme) ? name : name + ":" + std::to_string(port);
}

std::string Endpoint::text() const
{
    return std::string{scheme == Scheme::https ? kHttps : kHttp} + authority() + path;
}

Endpoint parse_endpoint(std::string_view text)
{
    if (!std::ranges::all_of(text, [](char letter) { return letter > ' ' && letter < 0x7f; })) {
        throw std::invalid_argument{"it holds a blank, a control character or a letter outside ASCII"};
    }
    Endpoint endpoint;
    if (remove_prefix(text, kHttp)) {
        endpoint.scheme = Endpoint::Scheme::http;
    } else if (!remove_prefix(text, kHttps) && text.find("://") != std::string_view::npos) {
        throw std::invalid_argument{"only http:// and https:// are possible"};
    }
    if (text.find_first_of("?#") != std::string_view::npos) {
        throw std::invalid_argument{"a query (?) or fragment (#) has no place in it"};
    }
    if (text.find('\\') != std::string_view::npos) {
        throw std::invalid_argument{"a backslash has no place in it"};
    }
    auto const slash = std::min(text.find('/'), text.size());
    auto const authority = text.substr(0, slash);
    if (authority.find('@') != std::string_view::npos) {
        throw std::invalid_argument{"a user or password has no place in it"};
    }
    endpoint.port = default_port(endpoint.scheme);
    parse_authority(authority, endpoint);
    endpoint.path = text.substr(slash);
    endpoint.path.erase(endpoint.path.find_last_not_of('/') + 1);
    return endpoint;
}

Url parse_url(std::string_view text)
{
    constexpr std::string_view kLetters = "-._~:/?#[]@!$&'()*+,;=%"; // RFC 3986, appendix A
    auto const other = std::ranges::find_if(
        text, [&](char letter) { return !is_ascii_alphanumeric(letter) && kLetters.find(letter) == kLetters.npos; });
    if (other != text.end()) {
        throw std::invalid_argument{
            fmt::format("character {} is none that URLs have", std::distance(text.begin(), other) + 1)};
    }
    auto const first = text.find_first_of("/?#");
    auto const scheme = text.find("://");
    auto const authority = scheme != text.npos && scheme < first ? scheme + 3 : 0; // a query may hold another URL
    auto const end = std::min(text.find_first_of("/?#", authority), text.size());
    if (text.find('#', end) != text.npos) {
        throw std::invalid_argument{"a fragment (#) has no place in it"};
    }
    return {parse_endpoint(text.substr(0, end)), std::string{text.substr(end)}};
}

std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view kUnreserved = "-._~";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (is_ascii_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos) {
            out += c;
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

} // namespace backfill::http
