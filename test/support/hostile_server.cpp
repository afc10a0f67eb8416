#include "support/hostile_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <chrono>
#include <csignal>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdexcept>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kPatience{5};

/// The descriptor and its port.
std::pair<int, std::uint16_t> listen_on_loopback(HostileServer::Family family)
{
    bool const six = family == HostileServer::Family::ipv6;
    sockaddr_in6 address6{};
    address6.sin6_family = AF_INET6;
    address6.sin6_addr = in6addr_loopback;
    sockaddr_in address4{};
    address4.sin_family = AF_INET;
    address4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = six ? reinterpret_cast<sockaddr*>(&address6) : reinterpret_cast<sockaddr*>(&address4);
    socklen_t size = six ? sizeof(address6) : sizeof(address4);
    auto const descriptor = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || ::bind(descriptor, address, size) != 0 || ::listen(descriptor, 1024) != 0
        || ::getsockname(descriptor, address, &size) != 0) {
        ::close(descriptor);
        throw std::runtime_error{"cannot listen on loopback"};
    }
    return {descriptor, ntohs(six ? address6.sin6_port : address4.sin_port)};
}

std::size_t announced_body(std::string const& head)
{
    constexpr std::string_view kName = "Content-Length: ";
    auto const at = head.find(kName);
    std::size_t length = 0;
    if (at != std::string::npos) {
        std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
    }
    return length;
}

} // namespace

Peer::Peer(HostileServer& server, int descriptor, int number)
    : server_{server}, descriptor_{descriptor}, number_{number}
{
    timeval const limit{server.patience_.count(), 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    int const yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

Peer::~Peer()
{
    cut();
}

bool Peer::shake_hands(Identity const& identity, int highest_version)
{
    context_.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_security_level(context_.get(), 0); // so that it can offer what nobody should take
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), highest_version);
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), descriptor_);
    return SSL_accept(tls_.get()) == 1;
}

long Peer::read_some(char* room, std::size_t size)
{
    return tls_ ? SSL_read(tls_.get(), room, static_cast<int>(size)) : ::recv(descriptor_, room, size, 0);
}

std::string Peer::next_request()
{
    while (true) {
        auto const end_of_head = unread_.find("\r\n\r\n");
        if (end_of_head != std::string::npos) {
            auto const size = end_of_head + 4 + announced_body(unread_.substr(0, end_of_head));
            if (unread_.size() >= size) {
                auto request = unread_.substr(0, size);
                unread_.erase(0, size);
                return request;
            }
        }
        std::vector<char> room(1U << 16U);
        auto const got = read_some(room.data(), room.size());
        if (got <= 0) {
            return {};
        }
        unread_.append(room.data(), static_cast<std::size_t>(got));
    }
}

std::string Peer::read_request()
{
    auto request = next_request();
    if (!request.empty()) {
        server_.remember(request);
    }
    return request;
}

bool Peer::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto const sent = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Peer::send_session_ticket()
{
    SSL_new_session_ticket(tls_.get());
    SSL_do_handshake(tls_.get());
}

void Peer::close()
{
    end(Manner::orderly);
}

void Peer::cut()
{
    end(Manner::abrupt);
}

void Peer::reset()
{
    linger const at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    end(Manner::abrupt);
}

void Peer::end(Manner manner)
{
    if (descriptor_ < 0) {
        return;
    }
    if (tls_ && manner == Manner::orderly) {
        SSL_shutdown(tls_.get());
    }
    tls_.reset();
    server_.close_descriptor(std::exchange(descriptor_, -1));
}

void Peer::wait_for_bytes()
{
    char ignored = 0;
    (void)::recv(descriptor_, &ignored, 1, MSG_PEEK);
}

void Peer::wait_for_hang_up()
{
    std::vector<char> room(1U << 16U);
    while (read_some(room.data(), room.size()) > 0) {}
}

bool Peer::nap(std::chrono::milliseconds time)
{
    std::unique_lock lock{server_.mutex_};
    return !server_.changed_.wait_for(lock, time, [this] { return server_.ending_; });
}

HostileServer::HostileServer(Script script, Family family, std::chrono::seconds patience)
    : script_{std::move(script)}, patience_{patience}
{
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
    std::tie(listener_, port_) = listen_on_loopback(family);
    acceptor_ = std::jthread{[this] { accept_all(); }};
}

HostileServer::~HostileServer()
{
    ::shutdown(listener_, SHUT_RDWR); // ends accept(2)
    acceptor_.join();
    {
        std::lock_guard const lock{mutex_};
        ending_ = true;
        changed_.notify_all();
        for (auto const descriptor : open_) {
            ::shutdown(descriptor, SHUT_RDWR);
        }
    }
    scripts_.clear();
    ::close(listener_);
}

void HostileServer::accept_all()
{
    while (true) {
        auto const descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor < 0) {
            return;
        }
        std::lock_guard const lock{mutex_};
        open_.push_back(descriptor);
        auto const number = ++connections_;
        changed_.notify_all();
        std::erase_if(scripts_, [this](auto const& script) { return ended_ids_.contains(script.get_id()); });
        ended_ids_.clear();
        scripts_.emplace_back([this, descriptor, number] { serve(descriptor, number); });
    }
}

void HostileServer::serve(int descriptor, int number)
{
    {
        Peer peer{*this, descriptor, number};
        script_(peer);
    }
    ERR_clear_error();
    std::lock_guard const lock{mutex_};
    ++ended_;
    ended_ids_.insert(std::this_thread::get_id());
    changed_.notify_all();
}

void HostileServer::remember(std::string request)
{
    std::lock_guard const lock{mutex_};
    requests_.push_back(std::move(request));
    changed_.notify_all();
}

void HostileServer::close_descriptor(int descriptor)
{
    std::lock_guard const lock{mutex_}; // or the destructor could shut down another socket of the same number
    std::erase(open_, descriptor);
    ::close(descriptor);
}

int HostileServer::connections() const
{
    std::lock_guard const lock{mutex_};
    return connections_;
}

std::vector<std::string> HostileServer::requests() const
{
    std::lock_guard const lock{mutex_};
    return requests_;
}

void HostileServer::wait_for_connections(int count) const
{
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPatience, [this, count] { return connections_ >= count; });
}

void HostileServer::wait_for_ended_scripts(int count) const
{
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPatience, [this, count] { return ended_ >= count; });
}

void HostileServer::signal(std::string const& word)
{
    std::lock_guard const lock{mutex_};
    signals_.push_back(word);
    changed_.notify_all();
}

void HostileServer::wait_for(std::string const& word) const
{
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, kPatience, [this, &word] { return std::ranges::find(signals_, word) != signals_.end(); });
}

HostileServer::Script always(std::string text)
{
    return [text = std::move(text)](Peer& peer) {
        while (!peer.read_request().empty() && peer.send(text)) {}
    };
}

} // namespace backfill::test
