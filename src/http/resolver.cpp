#include "http/resolver.hpp"

#include <Poco/Net/IPAddress.h>

#include <exception>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

namespace backfill::http {
namespace {

using Kind = TransportError::Kind;

Addresses look_up(std::string const& host, std::uint16_t port)
{
    // Not Poco::Net::DNS, which sorts the addresses and so loses the resolver's order (RFC 6724).
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (auto const error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0) {
        throw TransportError{Kind::resolve, host + ": " + ::gai_strerror(error)};
    }
    std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const owner{found, &::freeaddrinfo};
    Addresses addresses;
    for (auto const* one = found; one != nullptr; one = one->ai_next) {
        if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
            addresses.emplace_back(one->ai_addr, one->ai_addrlen);
        }
    }
    if (addresses.empty()) {
        throw TransportError{Kind::resolve, host + ": no address"};
    }
    return addresses;
}

/// No exception_ptr, whose object either thread might destroy last.
using Found = std::variant<Addresses, TransportError>;

/// Shared by the caller and the thread; either may be gone first.
struct LookUp {
    std::mutex mutex;
    Found found;
    WakeUp done;
};

Found found_by(std::function<Addresses()> const& look_up)
{
    try {
        return look_up();
    } catch (TransportError const& fault) {
        return fault;
    } catch (std::exception const& error) {
        return TransportError{Kind::resolve, error.what()};
    }
}

} // namespace

bool is_address(std::string const& host)
{
    Poco::Net::IPAddress ignored;
    return Poco::Net::IPAddress::tryParse(host, ignored);
}

Addresses resolve(std::string const& host, std::uint16_t port, Patience const& patience)
{
    if (is_address(host)) {
        return look_up(host, port); // asks no server
    }
    return resolve_by([host, port] { return look_up(host, port); }, host, patience);
}

Addresses resolve_by(std::function<Addresses()> look_up, std::string const& host, Patience const& patience)
{
    auto const shared = std::make_shared<LookUp>();
    try {
        std::thread{[shared, look_up = std::move(look_up)] {
            auto found = found_by(look_up);
            {
                std::lock_guard lock{shared->mutex};
                shared->found = std::move(found);
            }
            shared->done.ring();
        }}.detach();
    } catch (std::system_error const& error) {
        throw TransportError{Kind::resolve, host + ": " + error.what()};
    }
    patience.waiting_for("address of " + host).wait(shared->done.descriptor(), Patience::For::reading);
    std::lock_guard lock{shared->mutex};
    if (auto const* failure = std::get_if<TransportError>(&shared->found)) {
        throw *failure;
    }
    return std::get<Addresses>(shared->found);
}

} // namespace backfill::http
