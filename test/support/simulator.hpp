#pragma once

#include "support/simulator_switches.hpp"
#include "support/world.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace backfill::test {

/// Conversation id → its messages' JSON, newest first. The texts are sent byte by byte as they are.
using Conversations = std::map<std::string, std::vector<std::string>, std::less<>>;

/// One request for a page of messages, in the order of arrival.
struct SeenRequest {
    std::string conversation; ///< percent-decoded
    int page = 0;
    int items_per_page = 0; ///< 0 = not given
    std::chrono::steady_clock::time_point time;
    bool token_correct = false;
    int status = 0;       ///< what was answered; 0 = a fault that answers nothing
    std::string trace_id; ///< the answer's X-Trace-ID
};

struct Counters {
    std::size_t requests = 0;
    std::size_t pages = 0;        ///< answered with a page of messages, in good order
    std::size_t faults = 0;       ///< struck by one of the Switches' faults
    std::size_t throttled = 0;    ///< answered 429, by the quota or a fault
    std::size_t most_at_once = 0; ///< requests in flight at the same moment
};

/// A Freshchat that answers `GET {prefix}/v2/conversations/{id}/messages?page=N&items_per_page=M` on 127.0.0.1, plain
/// http, keep-alive. Serves from construction to destruction. What it says of conversations it does not know, wrong
/// tokens, and items_per_page > 50 follows test/fixtures/freshchat/06_errors.json.
///
/// All functions may be called from any thread while requests are served. Each connection holds a thread; 128 at most.
class Simulator {
public:
    /// Port 0 = a free one. Throws Poco::Exception when the port is taken.
    explicit Simulator(World world, Switches switches = {}, std::uint16_t port = 0);
    explicit Simulator(Conversations conversations, Switches switches = {}, std::uint16_t port = 0);
    ~Simulator(); ///< ends hanging and dripping answers at once
    Simulator(Simulator const&) = delete;
    Simulator& operator=(Simulator const&) = delete;

    std::uint16_t port() const;
    std::string base_url() const; ///< "http://127.0.0.1:40123" and the prefix: fit for FRESHCHAT_DOMAIN

    /// For all later requests. What faults and changes have counted starts anew.
    void set_switches(Switches switches);
    Switches switches() const;

    /// Empty with Recording::counters.
    std::vector<SeenRequest> requests() const;
    Counters counters() const;
    void clear_requests(); ///< counters too
    /// Whether Switches::change has happened there.
    bool has_changed(std::string const& conversation) const;

    /// Waits until `count` requests have been seen since the last clear. Returns false after `patience`.
    bool wait_for_requests(std::size_t count, std::chrono::milliseconds patience = std::chrono::seconds{10}) const;

    /// Calls `seen` for every later request, before it is answered, one at a time.
    void on_request(std::function<void(SeenRequest const&)> seen);

private:
    class Server;
    std::unique_ptr<Server> server_;
};

/// The id of the nth message (from 0) that Change::insert puts into a conversation.
std::string inserted_message_id(std::string const& conversation, std::size_t number);

} // namespace backfill::test
