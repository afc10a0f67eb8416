#include "contract/backend.hpp"

#include "support/fake_supabase.hpp"
#include "support/scripted_transport.hpp"

#include <catch2/catch.hpp>

namespace backfill::test {
namespace {

char const* name_of(Dialect dialect)
{
    switch (dialect) {
    case Dialect::v12:
        return "fake";
    case Dialect::v14:
        return "fake of 14";
    case Dialect::hosted:
        return "fake of 16, hosted";
    }
    return "";
}

class FakeBackend final : public Backend {
public:
    FakeBackend(Server server, Dialect dialect)
        : Backend{name_of(dialect),
            {FakeSupabase::service_key(), FakeSupabase::anon_key(), FakeSupabase::kSecretKey,
                FakeSupabase::kPublishableKey, FakeSupabase::hasty_key()}},
          supabase_{server == Server::low_cap ? kLowCapRows : 1000, dialect}
    {
        supabase_.set_writable(server == Server::read_only ? FakeSupabase::Writable::no : FakeSupabase::Writable::yes);
    }

    std::unique_ptr<http::Transport> transport(std::string const& path) override
    {
        return path == "/rest/v1" ? supabase_.transport() : nowhere_.transport();
    }

    void add_conversations(std::vector<Conversation> const& rows, std::string const& table) override
    {
        auto& stored = supabase_.tables().at(table);
        for (auto const& row : rows) {
            auto const time = row.created_time.empty() ? Value{} : Value{row.created_time};
            stored.rows[row.id] = {{"id", row.id}, {"created_time", stored_form(stored.column("created_time"), time)}};
        }
    }

    void remove_conversations(std::vector<ConversationId> const& ids) override
    {
        for (auto const& id : ids) {
            supabase_.tables().at("Conversation").rows.erase(id);
        }
    }

    void add_messages(std::vector<StoredMessage> const& rows, std::string const& table) override
    {
        auto& stored = supabase_.tables().at(table);
        for (auto const& row : rows) {
            stored.rows[row.id] = {{"id", row.id}, {"conversationid", row.conversation}, {"actor_type", "user"},
                {"message_parts", row.text},
                {"created_time", stored_form(stored.column("created_time"), row.created_time)}};
        }
    }

    std::vector<StoredMessage> messages(std::string const& table) override
    {
        std::vector<StoredMessage> rows;
        for (auto const& [id, row] : supabase_.tables().at(table).rows) {
            auto time = *row.at("created_time");
            time.replace(time.size() - 6, 6, "Z");
            rows.push_back({*row.at("id"), *row.at("conversationid"), *row.at("message_parts"), time});
        }
        return rows;
    }

    std::vector<std::string> column(std::string const& table, std::string const& name, std::string const&) override
    {
        std::vector<std::string> values;
        for (auto const& [id, row] : supabase_.tables().at(table).rows) {
            auto const found = row.find(name);
            values.push_back(found == row.end() ? "NULL" : found->second.value_or("NULL"));
        }
        return values;
    }

private:
    FakeSupabase supabase_;
    Script nowhere_{Script::always(reply(404, R"({"message":"no Route matched with those values"})"))};
};

} // namespace

std::unique_ptr<Backend> any_backend(Server server)
{
    enum class Which { fake, fake_14, fake_hosted, plain, tls };
    using enum Which;
    // A server of the test's own has no gateway, so no TLS.
    auto const which = server == Server::usual ? GENERATE(fake, fake_14, fake_hosted, plain, tls)
                                               : GENERATE(fake, fake_14, fake_hosted, plain);
    switch (which) {
    case fake:
        return std::make_unique<FakeBackend>(server, Dialect::v12);
    case fake_14:
        return std::make_unique<FakeBackend>(server, Dialect::v14);
    case fake_hosted:
        return std::make_unique<FakeBackend>(server, Dialect::hosted);
    case plain:
    case tls:
        break;
    }
    return real_backend(server, which == tls ? "HTTPS_URL" : "HTTP_URL");
}

} // namespace backfill::test
