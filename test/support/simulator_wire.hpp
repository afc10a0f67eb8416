#pragma once

#include "support/simulator_switches.hpp"

#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::test {

std::string percent_decoded(std::string_view text);
std::string percent_encoded(std::string_view text); ///< everything but letters, digits and -._~

/// The target of a request, taken apart.
struct Target {
    std::string conversation;         ///< percent-decoded
    std::string encoded_conversation; ///< as it came
    std::optional<std::string> page;
    std::optional<std::string> items_per_page;
};

/// Nothing: not a path of messages.
std::optional<Target> parse_target(std::string_view target, std::string_view prefix);

struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

enum class Connection { keep_alive, close };

/// The header block with its empty line. `length` is the Content-Length where the framing has one.
std::string head_text(Answer const& answer, Framing framing, Connection connection, std::size_t length);
/// The body as `framing` wants it, chunks of `chunk` bytes.
std::string framed_body(std::string body, Framing framing, std::size_t chunk = 16'384);

/// What all connections wait for, and the end of all waiting.
class Naps {
public:
    Naps();
    ~Naps();
    Naps(Naps const&) = delete;
    Naps& operator=(Naps const&) = delete;

    /// Returns false when it was cut short, because everything ends.
    bool sleep(std::chrono::milliseconds time);
    /// Until there is something to read, the end of the stream included. Returns false when everything ends.
    bool wait_readable(Poco::Net::StreamSocket const& socket) const;
    bool wait_writable(Poco::Net::StreamSocket const& socket) const;
    void end();
    bool ended() const { return ended_; }

private:
    bool wait(Poco::Net::StreamSocket const& socket, short event) const;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> ended_ = false;
    int end_pipe_[2] = {-1, -1}; ///< closed at one end when everything ends: wakes every poll()
};

/// The bytes below HTTP: Poco's own answer is not used, because no part of an answer may be out of our hands. Poco
/// throws where the client is gone; nobody needs to know.
class Wire {
public:
    Wire(Poco::Net::StreamSocket& socket, Naps& naps) : socket_{socket}, naps_{naps} {}

    void send(std::string_view bytes);
    void send_slowly(std::string_view bytes, std::chrono::milliseconds interval);
    /// Until the client gives up, or the simulator ends.
    void hang();
    /// Makes the coming close an RST.
    void reset_on_close();

private:
    Poco::Net::StreamSocket& socket_;
    Naps& naps_;
};

} // namespace backfill::test
