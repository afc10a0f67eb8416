#pragma once

#include "support/hostile_server.hpp"
#include "support/simulator_switches.hpp"

#include <Poco/Net/HTTPRequest.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

struct Asked {
    Poco::Net::HTTPRequest head;
    std::string body;
};

/// The target of a request, taken apart.
struct Target {
    bool asks_for_messages = true;    ///< else for the conversation itself
    std::string conversation;         ///< percent-decoded
    std::string encoded_conversation; ///< as it came
    std::optional<std::string> page;
    std::optional<std::string> items_per_page;
};

/// Nothing: no path of a conversation.
std::optional<Target> parse_target(std::string const& target, std::string const& prefix);

struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

enum class Connection { keep_alive, close };

/// Hands each request of a connection to `answer`, until that, or the client, ends the connection. What it sends is in
/// its own hands, byte by byte.
HostileServer::Script answering(std::function<Connection(Peer&, Asked const&)> answer);

/// The header block with its empty line. `length` is the Content-Length where the framing has one.
std::string head_text(Answer const& answer, Framing framing, Connection connection, std::size_t length);
/// The body as `framing` wants it, chunks of `chunk` bytes.
std::string framed_body(std::string body, Framing framing, std::size_t chunk = 16'384);

} // namespace backfill::test
