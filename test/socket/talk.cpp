#include "talk.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace backfill::test {

using namespace http;

namespace {

/// Without the system's roots the tests are the same on every machine, and each context is made in no time.
struct NoSystemRoots {
    NoSystemRoots()
    {
        ::setenv("SSL_CERT_FILE", "/dev/null", 1);
        ::setenv("SSL_CERT_DIR", "/dev/null", 1);
    }
} const kNoSystemRoots;

} // namespace

TransportOptions options_within(std::chrono::milliseconds request_timeout)
{
    TransportOptions options;
    options.request_timeout = request_timeout;
    return options;
}

std::unique_ptr<Transport> transport_to(HostileServer const& server, TransportOptions const& options)
{
    return make_poco_transport({Endpoint::Scheme::http, "127.0.0.1", server.port(), ""}, options);
}

std::unique_ptr<Transport> secure_transport_to(
    HostileServer const& server, ThrowawayCa const& ca, TransportOptions options)
{
    options.ca_file = ca.file();
    return make_poco_transport({Endpoint::Scheme::https, "localhost", server.port(), ""}, options);
}

Outcome get(Transport& transport, std::stop_token const& stop)
{
    return transport.send({Request::Method::get, "/x", {{"Authorization", "Bearer s3cret"}}, ""}, stop);
}

Outcome post(Transport& transport, std::string body, std::stop_token const& stop)
{
    return transport.send({Request::Method::post, "/x", {}, std::move(body)}, stop);
}

std::string ending(Outcome const& outcome)
{
    if (auto const* reply = std::get_if<Reply>(&outcome)) {
        return std::to_string(reply->status) + " " + reply->body;
    }
    constexpr std::array<char const*, 8> kNames{
        "resolve", "connect", "tls", "timeout", "closed", "truncated", "protocol", "stopped"};
    return kNames.at(static_cast<std::size_t>(std::get<TransportError>(outcome).kind));
}

std::string detail(Outcome const& outcome)
{
    auto const* error = std::get_if<TransportError>(&outcome);
    return error != nullptr ? error->detail : "";
}

std::string answer(std::string const& body, std::string const& further_headers)
{
    return "HTTP/1.1 200 OK\r\n" + further_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n"
        + body;
}

HostileServer::Script once(std::string text)
{
    return [text = std::move(text)](Peer& peer) {
        peer.read_request();
        peer.send(text);
    };
}

} // namespace backfill::test
