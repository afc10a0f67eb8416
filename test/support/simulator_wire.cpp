#include "support/simulator_wire.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace backfill::test {

std::optional<Target> parse_target(std::string const& target, std::string const& prefix)
{
    constexpr std::string_view kAfter = "/messages";
    auto const before = prefix + "/v2/conversations/";
    auto const path = target.substr(0, target.find('?'));
    if (!path.starts_with(before)) {
        return std::nullopt;
    }
    Target parsed;
    parsed.encoded_conversation = path.substr(before.size());
    parsed.asks_for_messages = parsed.encoded_conversation.ends_with(kAfter);
    if (parsed.asks_for_messages) {
        parsed.encoded_conversation.resize(parsed.encoded_conversation.size() - kAfter.size());
    }
    // An id's own slash arrives as %2F.
    if (parsed.encoded_conversation.empty() || parsed.encoded_conversation.find('/') != std::string::npos) {
        return std::nullopt;
    }
    Poco::URI::decode(parsed.encoded_conversation, parsed.conversation);
    for (auto const& [name, value] : Poco::URI{target}.getQueryParameters()) {
        if (name == "page") {
            parsed.page = value;
        } else if (name == "items_per_page") {
            parsed.items_per_page = value;
        }
    }
    return parsed;
}

HostileServer::Script answering(std::function<Connection(Peer&, Asked const&)> answer)
{
    return [answer = std::move(answer)](Peer& peer) {
        try {
            for (auto text = peer.next_request(); !text.empty(); text = peer.next_request()) {
                Asked asked{{}, text.substr(text.find("\r\n\r\n") + 4)};
                std::istringstream head{text};
                asked.head.read(head);
                if (answer(peer, asked) == Connection::close) {
                    return;
                }
            }
        } catch (Poco::Exception const&) {
            // It sent no HTTP, or a server behind this one does not answer: neither does this.
        }
    };
}

std::string head_text(Answer const& answer, Framing framing, Connection connection, std::size_t length)
{
    auto const status = static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status);
    auto head = "HTTP/1.1 " + std::to_string(answer.status) + " " + Poco::Net::HTTPResponse::getReasonForStatus(status)
        + "\r\n";
    for (auto const& [name, value] : answer.headers) {
        head += name + ": " + value + "\r\n";
    }
    switch (framing) {
    case Framing::length:
        head += "Content-Length: " + std::to_string(length) + "\r\n";
        break;
    case Framing::chunked:
        head += "Transfer-Encoding: chunked\r\n";
        break;
    case Framing::until_close:
        break;
    }
    head += connection == Connection::close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    return head;
}

std::string framed_body(std::string body, Framing framing, std::size_t chunk)
{
    if (framing != Framing::chunked) {
        return body;
    }
    std::string framed;
    for (std::size_t begin = 0; begin < body.size(); begin += chunk) {
        auto const size = std::min(chunk, body.size() - begin);
        framed += fmt::format("{:x}\r\n", size);
        framed.append(body, begin, size) += "\r\n";
    }
    return framed + "0\r\n\r\n";
}

} // namespace backfill::test
