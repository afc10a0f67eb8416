#include "http/request_text.hpp"

#include "backfill/core/ascii.hpp"
#include "http/answer_head.hpp"

#include <Poco/Base64Encoder.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

/// Set here, never by the caller.
constexpr std::array<std::string_view, 7> kOwnHeaders{
    "Host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "Expect", "Upgrade"};

void check_target(std::string_view target)
{
    auto const fits = [](char letter) { return letter > ' ' && letter < 0x7f && letter != '#'; };
    if (!std::ranges::all_of(target, fits)) {
        throw TransportError{Kind::protocol, "the request's target holds a character that must be encoded"};
    }
    if (!target.empty() && target.front() != '/' && target.front() != '?') {
        throw TransportError{Kind::protocol, "the request's target does not begin with a slash"};
    }
}

void check_header(Header const& header)
{
    auto const& name = header.first; // no structured binding: clang 14 cannot capture one
    auto const& value = header.second;
    if (!is_token(name)) {
        throw TransportError{Kind::protocol, "a request header has an impossible name"};
    }
    if (has_control_character(value) || value.find('\t') != std::string::npos) {
        throw TransportError{Kind::protocol, "the request header " + name + " holds a control character"};
    }
    if (std::ranges::any_of(kOwnHeaders, [&name](auto own) { return equal_ignoring_case(name, own); })) {
        throw TransportError{Kind::protocol, "the request header " + name + " is not the caller's"};
    }
}

void append_header(std::string& text, std::string_view name, std::string_view value)
{
    text.append(name).append(": ").append(value).append("\r\n");
}

void append_credentials(std::string& text, Proxy const& proxy)
{
    if (proxy.user.empty()) {
        return;
    }
    std::ostringstream encoded;
    Poco::Base64Encoder encoder{encoded};
    encoder.rdbuf()->setLineLength(0);
    encoder << proxy.user << ':' << proxy.password;
    encoder.close();
    append_header(text, "Proxy-Authorization", "Basic " + encoded.str());
}

} // namespace

std::string request_text(Endpoint const& endpoint, Request const& request, Proxy const* proxy)
{
    check_target(request.target);
    std::ranges::for_each(request.headers, check_header);
    bool const post = request.method == Request::Method::post;
    auto const path = endpoint.path + request.target;

    std::string text;
    text.reserve(1024 + request.body.size());
    text.append(post ? "POST " : "GET ");
    if (proxy != nullptr) {
        text.append("http://").append(endpoint.authority());
    }
    text.append(path.starts_with('/') ? "" : "/").append(path).append(" HTTP/1.1\r\n");
    append_header(text, "Host", endpoint.authority());
    if (proxy != nullptr) {
        append_credentials(text, *proxy);
    }
    for (auto const& [name, value] : request.headers) {
        append_header(text, name, value);
    }
    if (post) {
        append_header(text, "Content-Length", std::to_string(request.body.size()));
    }
    text.append("\r\n");
    if (post) {
        text.append(request.body);
    }
    return text;
}

std::string tunnel_text(Endpoint const& endpoint, Proxy const& proxy)
{
    auto const bracketed = endpoint.host.find(':') != std::string::npos ? "[" + endpoint.host + "]" : endpoint.host;
    auto const target = bracketed + ":" + std::to_string(endpoint.port);
    std::string text = "CONNECT " + target + " HTTP/1.1\r\n";
    append_header(text, "Host", target);
    append_credentials(text, proxy);
    return text + "\r\n";
}

} // namespace backfill::http
