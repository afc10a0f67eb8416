// A link between a client and a server that are both on this machine: bytes arrive half a round trip after they were
// sent. connect() is answered here at once, so a connection's first bytes wait for the round trip that it would take.
// It is a link of any bandwidth, without loss or slow start; with 0 ms it only counts.

#include "backfill/core/bounded_queue.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

namespace {

using Clock = std::chrono::steady_clock;
using Poco::Net::StreamSocket;

std::atomic<std::uint64_t> connections{0};
std::atomic<std::uint64_t> bytes_up{0};
std::atomic<std::uint64_t> bytes_down{0};

struct Piece {
    Clock::time_point due;
    std::string bytes;
};

/// Ends as a peer does that has gone: with what there is.
std::string received(StreamSocket& from)
{
    std::array<char, 65536> room;
    try {
        auto const size = from.receiveBytes(room.data(), static_cast<int>(room.size()));
        return {room.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
    } catch (Poco::Exception const&) {
        return {};
    }
}

void deliver(backfill::BoundedQueue<Piece>& underway, StreamSocket& to)
try {
    while (auto const piece = underway.pop()) {
        std::this_thread::sleep_until(piece->due);
        for (std::size_t sent = 0; sent < piece->bytes.size();) {
            auto const rest = piece->bytes.size() - sent;
            sent += static_cast<std::size_t>(to.sendBytes(piece->bytes.data() + sent, static_cast<int>(rest)));
        }
        if (piece->bytes.empty()) {
            to.shutdownSend();
        }
    }
} catch (Poco::Exception const&) {
    underway.abandon(); // nobody is there to receive it
}

/// One direction of a connection, from `open` on, until its sender ends it.
void carry(StreamSocket from, StreamSocket to, Clock::time_point open, Clock::duration half_trip,
    std::atomic<std::uint64_t>& counted)
{
    backfill::BoundedQueue<Piece> underway{10'000};
    std::jthread const arrival{[&] { deliver(underway, to); }};
    for (;;) {
        auto bytes = received(from);
        counted += bytes.size();
        bool const is_end = bytes.empty();
        bool const is_taken = underway.push({std::max(Clock::now(), open) + half_trip, std::move(bytes)});
        if (is_end || !is_taken) {
            underway.close();
            return;
        }
    }
}

[[noreturn]] void serve(std::chrono::milliseconds round_trip, std::uint16_t port, std::string const& port_file)
{
    Poco::Net::ServerSocket listener{Poco::Net::SocketAddress{"127.0.0.1", 0}, 128};
    std::ofstream{port_file + ".part"} << listener.address().port() << '\n';
    std::filesystem::rename(port_file + ".part", port_file); // whole, for a shell that waits for it
    for (;;) {
        auto client = listener.acceptConnection();
        auto const open = Clock::now() + round_trip;
        StreamSocket server{Poco::Net::SocketAddress{"127.0.0.1", port}};
        client.setNoDelay(true);
        server.setNoDelay(true);
        ++connections;
        std::thread{carry, client, server, open, round_trip / 2, std::ref(bytes_up)}.detach();
        std::thread{carry, server, client, Clock::time_point{}, round_trip / 2, std::ref(bytes_down)}.detach();
    }
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 4) {
        std::fputs(
            "Usage: backfill-link ROUND_TRIP_MS PORT PORT_FILE\n"
            "Listens on 127.0.0.1, and writes its port into PORT_FILE. On SIGTERM it prints connections, bytes to "
            "the server, bytes from it.\n",
            stderr);
        return 2;
    }
    // Blocked before any thread starts, so that sigwait alone gets it.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread{[&signals] {
        int signal = 0;
        sigwait(&signals, &signal);
        std::cout << connections << ' ' << bytes_up << ' ' << bytes_down << std::endl;
        std::_Exit(0);
    }}.detach();
    serve(std::chrono::milliseconds{std::stoi(argv[1])}, static_cast<std::uint16_t>(std::stoi(argv[2])), argv[3]);
} catch (std::exception const& error) {
    std::fprintf(stderr, "backfill-link: %s\n", error.what());
    return 1;
}
