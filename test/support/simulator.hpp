#pragma once

#include "support/simulator_journal.hpp"
#include "support/simulator_switches.hpp"
#include "support/world.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace backfill::test {

/// Conversation id → its messages' JSON, newest first. The texts are sent byte by byte as they are.
using Conversations = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Asked;
class Behaviour;
class Holdings;
class HostileServer;
class Peer;
enum class Connection;

/// A Freshchat that answers `GET {prefix}/v2/conversations/{id}/messages?page=N&items_per_page=M` and `GET
/// {prefix}/v2/conversations/{id}` on 127.0.0.1, plain http, keep-alive. Conversation n of what it holds, in the order
/// of ids where that is a list, has conversation_number(n) for its second id. Serves from construction to destruction.
/// What it says of conversations it does not know, wrong tokens, and items_per_page > 50 follows
/// test/fixtures/freshchat/06_errors.json.
///
/// All functions may be called from any thread while requests are served. Each connection holds a thread.
class Simulator : public Journal {
public:
    explicit Simulator(std::variant<World, Conversations> held, Switches switches = {});
    ~Simulator(); ///< ends hanging and dripping answers at once
    Simulator(Simulator const&) = delete;
    Simulator& operator=(Simulator const&) = delete;

    std::uint16_t port() const;
    std::string base_url() const; ///< "http://127.0.0.1:40123" and the prefix: fit for FRESHCHAT_DOMAIN

    /// For all later requests. What faults and changes have counted starts anew.
    void set_switches(Switches switches);
    Switches switches() const;

    /// For all later requests: Freshchat goes on while nobody looks.
    void hold(std::variant<World, Conversations> held);

    /// Whether Switches::change has happened there.
    bool has_changed(std::string const& conversation) const;

private:
    std::shared_ptr<Behaviour> behaviour() const;
    std::shared_ptr<Holdings const> holdings() const;
    Connection answer(Peer& peer, Asked const& asked);

    mutable std::mutex mutex_;
    std::shared_ptr<Holdings const> holdings_;
    std::shared_ptr<Behaviour> behaviour_;
    std::atomic<std::size_t> answers_ = 0;
    std::atomic<std::size_t> in_flight_ = 0;
    std::unique_ptr<HostileServer> server_; ///< the last member: it stops before the others go
};

/// The id of the nth message (from 0) that Change::insert puts into a conversation.
std::string inserted_message_id(std::string const& conversation, std::size_t number);

} // namespace backfill::test
