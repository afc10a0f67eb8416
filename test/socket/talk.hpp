#pragma once

#include "backfill/http/poco_transport.hpp"
#include "support/hostile_server.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

namespace backfill::test {

/// Generous: a test that waits for it fails, and one that does not never notices.
constexpr std::chrono::milliseconds kNeverReached{4000};

http::TransportOptions options_within(std::chrono::milliseconds request_timeout);

/// A transport to the server on 127.0.0.1.
std::unique_ptr<http::Transport> transport_to(
    HostileServer const& server, http::TransportOptions const& options = options_within(kNeverReached));

/// The same over TLS, to localhost.
std::unique_ptr<http::Transport> secure_transport_to(
    HostileServer const& server, ThrowawayCa const& ca, http::TransportOptions options = options_within(kNeverReached));

http::Outcome get(http::Transport& transport, std::stop_token const& stop = {});
http::Outcome post(http::Transport& transport, std::string body, std::stop_token const& stop = {});

/// "200 hello" for a reply; for an error the kind ("truncated").
std::string ending(http::Outcome const& outcome);

/// The detail of an error; "" for a reply.
std::string detail(http::Outcome const& outcome);

/// A whole answer with a Content-Length.
std::string answer(std::string const& body, std::string const& further_headers = "");

/// Answers the first request with the text and ends the connection.
HostileServer::Script once(std::string text);

} // namespace backfill::test
