#pragma once

#include "support/supabase_side.hpp"

#include "backfill/core/conversation.hpp"
#include "backfill/http/transport.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

struct StoredMessage {
    std::string id;
    std::string conversation;
    std::string text;
    std::string created_time = "2025-01-01T00:00:00Z";

    bool operator==(StoredMessage const&) const = default;
};

enum class KeyKind { service, anon, secret, publishable, hasty, unknown, forged };

/// A Supabase that the contract suite is held against: the fake, or PostgREST behind the gateway of the local stack.
/// Both have the tables of scripts/schema.sql, and what fails while one of them lives names it. Throws
/// std::runtime_error when the stack does not do what it is told.
class Backend {
public:
    /// `keys` in the order of KeyKind, up to `hasty`.
    Backend(std::string const& name, std::vector<std::string> keys)
        : name_{Catch::MessageBuilder{"", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info} << name},
          keys_{std::move(keys)}
    {
        keys_.insert(keys_.end(), {"garbage", jwt(R"({"role":"service_role"})", "another secret")});
    }
    Backend(Backend const&) = delete;
    Backend& operator=(Backend const&) = delete;
    virtual ~Backend() = default;

    /// `path` is what stands between the host and the table.
    virtual std::unique_ptr<http::Transport> transport(std::string const& path = "/rest/v1") = 0;
    std::string key(KeyKind kind) const { return keys_.at(static_cast<std::size_t>(kind)); }

    virtual void add_conversations(
        std::vector<Conversation> const& rows, std::string const& table = "Conversation") = 0; ///< no time = NULL
    virtual void remove_conversations(std::vector<ConversationId> const& ids) = 0;
    virtual void add_messages(std::vector<StoredMessage> const& rows, std::string const& table = "Message") = 0;

    /// All rows by id, times in the form of StoredMessage's default. Table with the default columns.
    virtual std::vector<StoredMessage> messages(std::string const& table = "Message") = 0;

    /// One column of all rows, ordered by `key`; NULL = "NULL".
    virtual std::vector<std::string> column(
        std::string const& table, std::string const& name, std::string const& key = "id") = 0;

private:
    Catch::ScopedMessage name_;
    std::vector<std::string> keys_;
};

enum class Server { usual, low_cap, read_only };

inline constexpr std::size_t kLowCapRows = 10; ///< db-max-rows of Server::low_cap

/// A backend whose tables are empty. GENERATEs: the test case runs once for each of them.
std::unique_ptr<Backend> any_backend(Server server = Server::usual);

/// PostgREST only, for what the fake does not claim to know. `url` is the stack's name of its gateway's address.
std::unique_ptr<Backend> real_backend(Server server = Server::usual, std::string const& url = "HTTP_URL");
std::unique_ptr<http::Transport> real_transport(std::string const& url);

} // namespace backfill::test
