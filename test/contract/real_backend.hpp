#pragma once

#include "contract/backend.hpp"
#include "support/subprocess.hpp"

#include <cstdint>
#include <memory>

namespace backfill::test {

/// A PostgREST of the test's own on the stack's database, without a gateway, with settings of its own.
class SecondPostgrest {
public:
    explicit SecondPostgrest(Environment settings);

    std::string url() const;

private:
    std::uint16_t port_;
    std::unique_ptr<Subprocess> process_;
};

enum class Security { plain, tls };

/// The local stack as a Backend. Empties its tables first.
class RealBackend final : public Backend {
public:
    RealBackend(Server server, Security security);
    ~RealBackend() override;

    std::unique_ptr<http::Transport> transport(std::string const& path) override;
    std::string key(KeyKind kind) const override;
    void add_conversations(std::vector<Conversation> const& rows, std::string const& table) override;
    void remove_conversations(std::vector<ConversationId> const& ids) override;
    void add_messages(std::vector<StoredMessage> const& rows, std::string const& table) override;
    std::vector<StoredMessage> messages(std::string const& table) override;
    std::vector<std::string> column(std::string const& table, std::string const& name, std::string const& key) override;

private:
    Server server_;
    Security security_;
    std::unique_ptr<SecondPostgrest> own_;
};

std::unique_ptr<http::Transport> real_transport(std::string const& url);

/// A name as an SQL identifier.
std::string sql_name(std::string const& name);

} // namespace backfill::test
