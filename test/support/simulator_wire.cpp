#include "support/simulator_wire.hpp"

#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketImpl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace backfill::test {
namespace {

bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-'
        || byte == '.' || byte == '_' || byte == '~';
}

std::string hex_text(std::size_t number)
{
    char digits[16];
    auto const end = std::to_chars(std::begin(digits), std::end(digits), number, 16).ptr;
    return {digits, end};
}

std::optional<std::string> query_value(std::string_view query, std::string_view name)
{
    while (!query.empty()) {
        auto const pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        auto const equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) {
            return percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
        }
    }
    return std::nullopt;
}

} // namespace

std::string percent_decoded(std::string_view text)
{
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size()
            && std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
            decoded += static_cast<char>(byte);
            i += 2;
        } else {
            decoded += text[i];
        }
    }
    return decoded;
}

std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (auto const byte : text) {
        if (is_unreserved(byte)) {
            encoded += byte;
        } else {
            auto const code = static_cast<unsigned char>(byte);
            encoded += '%';
            encoded += "0123456789ABCDEF"[code >> 4U];
            encoded += "0123456789ABCDEF"[code & 15U];
        }
    }
    return encoded;
}

std::optional<Target> parse_target(std::string_view target, std::string_view prefix)
{
    constexpr std::string_view kBefore = "/v2/conversations/";
    constexpr std::string_view kAfter = "/messages";
    auto const path = target.substr(0, target.find('?'));
    auto const query = target.substr(std::min(path.size() + 1, target.size()));
    if (!path.starts_with(prefix) || !path.substr(prefix.size()).starts_with(kBefore) || !path.ends_with(kAfter)) {
        return std::nullopt;
    }
    auto const begin = prefix.size() + kBefore.size();
    if (path.size() <= begin + kAfter.size()) {
        return std::nullopt;
    }
    auto const id = path.substr(begin, path.size() - begin - kAfter.size());
    if (id.find('/') != std::string_view::npos) { // an id's own slash arrives as %2F
        return std::nullopt;
    }
    return Target{
        percent_decoded(id), std::string{id}, query_value(query, "page"), query_value(query, "items_per_page")};
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
        framed += hex_text(size) + "\r\n";
        framed.append(body, begin, size) += "\r\n";
    }
    return framed + "0\r\n\r\n";
}

Naps::Naps()
{
    if (::pipe2(end_pipe_, O_CLOEXEC) != 0) {
        throw std::system_error{errno, std::generic_category(), "pipe"};
    }
}

Naps::~Naps()
{
    end();
    ::close(end_pipe_[0]);
}

bool Naps::wait_readable(Poco::Net::StreamSocket const& socket) const
{
    return wait(socket, POLLIN);
}

bool Naps::wait_writable(Poco::Net::StreamSocket const& socket) const
{
    return wait(socket, POLLOUT);
}

bool Naps::wait(Poco::Net::StreamSocket const& socket, short event) const
{
    pollfd events[] = {{socket.impl()->sockfd(), event, 0}, {end_pipe_[0], POLLIN, 0}};
    while (::poll(events, 2, -1) < 0 && errno == EINTR) {}
    return !ended_;
}

bool Naps::sleep(std::chrono::milliseconds time)
{
    std::unique_lock lock{mutex_};
    return !changed_.wait_for(lock, time, [this] { return ended_.load(); });
}

void Naps::end()
{
    std::lock_guard lock{mutex_};
    if (!ended_.exchange(true)) {
        ::close(end_pipe_[1]);
        changed_.notify_all();
    }
}

void Wire::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        // Never blocks in send(): a client that reads no more must not keep the simulator from ending.
        auto const sent = ::send(socket_.impl()->sockfd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN && errno != EINTR) {
            throw Poco::Net::ConnectionAbortedException{"the client is gone"};
        } else if (!naps_.wait_writable(socket_)) {
            throw Poco::Net::ConnectionAbortedException{"the simulator ends"};
        }
    }
}

void Wire::send_slowly(std::string_view bytes, std::chrono::milliseconds interval)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        send(bytes.substr(i, 1));
        if (!naps_.sleep(interval)) {
            return;
        }
    }
}

void Wire::hang()
{
    naps_.wait_readable(socket_); // the client closed, or asks again where no answer will come
}

void Wire::reset_on_close()
{
    socket_.setLinger(true, 0);
}

} // namespace backfill::test
