// Faults in earnest: PostgreSQL and PostgREST go and come back, are locked, full, or changed while a run goes on.

#include "faults/ground.hpp"
#include "faults/row.hpp"
#include "faults/stack_control.hpp"

#include "support/fault_proxy.hpp"
#include "support/psql.hpp"

#include <algorithm>

namespace backfill::test {
namespace {

std::string const kTriedAgain = ", try 2 of 6 follows";
std::string const kLockMessages = "lock table \"Message\" in access exclusive mode";
std::string const kLockConversations = "lock table \"Conversation\" in access exclusive mode";

Row row(std::string fault, std::string where, std::vector<int> codes, std::string said, Deed deed)
{
    Row made{std::move(fault), std::move(where), std::move(codes), std::move(said)};
    made.deed = std::move(deed);
    return made;
}

Deed without(std::string const& service, std::string lifts_at)
{
    return {[service] { stop_service(service); }, [service] { start_service(service); }, std::move(lifts_at)};
}

Deed restarted(std::string const& service)
{
    return {[service] {
                stop_service(service);
                start_service(service);
            },
        [] {}};
}

Deed held(std::string const& sql, std::string lifts_at)
{
    return {[sql] { hold(sql); }, let_go, std::move(lifts_at)};
}

Deed changed(std::string const& sql, std::string const& back)
{
    return {[sql] { psql(sql); }, [back] { psql(back); }};
}

/// PostgREST with one connection, which somebody else uses for more than the second that it lets others wait.
Deed exhausted(std::string lifts_at)
{
    return {[] {
                stop_service("postgrest");
                start_service("postgrest", {{"PGRST_DB_POOL", "1"}, {"PGRST_DB_POOL_ACQUISITION_TIMEOUT", "1"}});
                keep_pool_busy();
            },
        let_go, std::move(lifts_at)};
}

std::string message_table(std::string const& change)
{
    return "alter table \"Message\" " + change;
}

std::vector<Row> outages()
{
    std::vector<Row> rows{
        row("PostgreSQL crashed, back later", place::kPreflight, {0}, kTriedAgain, without("postgres", kTriedAgain)),
        row("PostgreSQL crashed, back later", place::kWorkList, {0}, kTriedAgain, without("postgres", kTriedAgain)),
        row("PostgreSQL crashed, back later", place::kStoredIds, {0}, kTriedAgain, without("postgres", kTriedAgain)),
        row("PostgreSQL crashed, back later", place::kUpsert, {0}, kTriedAgain, without("postgres", kTriedAgain)),
        row("PostgreSQL crashed and restarted", place::kMiddlePage, {0}, "", restarted("postgres")),
        row("PostgreSQL down", place::kPreflight, {1}, "gave up after ", without("postgres", "")),
        row("PostgREST killed for a while", place::kPreflight, {0}, kTriedAgain, without("postgrest", kTriedAgain)),
        row("PostgREST killed for a while", place::kStoredIds, {0}, kTriedAgain, without("postgrest", kTriedAgain)),
        row("PostgREST killed for a while", place::kUpsert, {0}, kTriedAgain, without("postgrest", kTriedAgain)),
        row("PostgREST restarted", place::kLastPage, {0}, "", restarted("postgrest")),
        row("PostgREST killed", place::kWorkList, {1}, "HTTP 502", without("postgrest", "")),
        row("message table locked for a while", place::kColumns, {0}, kTriedAgain, held(kLockMessages, kTriedAgain)),
        row("message table locked for a while", place::kStoredIds, {0}, kTriedAgain, held(kLockMessages, kTriedAgain)),
        row("message table locked for a while", place::kUpsert, {0}, kTriedAgain, held(kLockMessages, kTriedAgain)),
        row("conversation table locked for a while", place::kWorkList, {0}, kTriedAgain,
            held(kLockConversations, kTriedAgain)),
        row("message table locked", place::kColumns, {1}, "gave up after 6 tries", held(kLockMessages, "")),
        row("pool exhausted for a while", place::kStoredIds, {0}, "HTTP 504", exhausted(kTriedAgain)),
        row("pool exhausted for a while", place::kUpsert, {0}, "HTTP 504", exhausted(kTriedAgain)),
    };
    for (auto& each : rows) {
        if (each.fault.starts_with("pool")) {
            each.settings = {{"REQUEST_TIMEOUT", "5"}}; // PostgREST's own answer comes first
            each.deed->lift = [] {
                let_go();
                stop_service("postgrest");
                start_service("postgrest");
            };
        }
    }
    return rows;
}

/// The conversations are done, and so many of their messages are not stored.
Row with_failed_messages(Row row, std::size_t messages)
{
    row.failed = 0;
    row.messages_failed = messages;
    return row;
}

std::size_t characters(std::string const& text)
{
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

std::size_t longer_texts(std::size_t than)
{
    auto const& rows = ground().all_rows();
    return static_cast<std::size_t>(std::count_if(
        rows.begin(), rows.end(), [than](auto const& row) { return characters(row.message_parts) > than; }));
}

std::vector<Row> schema_changes()
{
    auto const& victim = ground().victim();
    auto const quoted = sql_quoted(victim.id);
    return {
        row("column renamed", place::kStoredIds, {1}, "42703",
            changed(message_table("rename conversationid to cid"), message_table("rename cid to conversationid"))),
        row("column renamed", place::kUpsert, {1}, "message_parts",
            changed(message_table("rename message_parts to parts"), message_table("rename parts to message_parts"))),
        row("column of another type", place::kUpsert, {1}, "42804",
            changed(message_table("alter actor_type type int using 0"), message_table("alter actor_type type text"))),
        row("unique key dropped", place::kUpsert, {1}, "unique key",
            changed(message_table("drop constraint \"Message_pkey\""), message_table("add primary key (id)"))),
        row("table renamed", place::kStoredIds, {1}, "42P01",
            changed(message_table("rename to \"Message_gone\""), "alter table \"Message_gone\" rename to \"Message\"")),
        // PostgREST reads its schema again when it meets this, and from then on knows the new name alone.
        row("table renamed", place::kUpsert, {1}, "public.\"Message\" exists",
            changed(message_table("rename to \"Message_gone\""),
                "alter table \"Message_gone\" rename to \"Message\"; notify pgrst, 'reload schema'")),
        row("right to insert revoked", place::kUpsert, {1}, "grant select, insert, update",
            changed("revoke insert on \"Message\" from service_role", "grant insert on \"Message\" to service_role")),
        row("right to select revoked", place::kWorkList, {1}, "42501",
            changed("revoke select on \"Conversation\" from service_role",
                "grant select on \"Conversation\" to service_role")),
        with_failed_messages(row("check that one message breaks", place::kUpsert, {3}, "23514",
                                 changed(message_table("add constraint refused check (id <> " + quoted + ")"),
                                     message_table("drop constraint refused"))),
            1),
        with_failed_messages(row("column too short for some texts", place::kUpsert, {3}, "22001",
                                 changed(message_table("alter message_parts type varchar(60)"),
                                     message_table("alter message_parts type text"))),
            longer_texts(60)),
        with_failed_messages(row("a conversation deleted", place::kUpsert, {3}, "23503",
                                 changed("delete from \"Conversation\" where id = " + sql_quoted(ground().small()),
                                     "insert into \"Conversation\" (id, created_time) values ("
                                         + sql_quoted(ground().small()) + ", now())")),
            ground().rows().at(ground().small())),
        row("a conversation added", place::kStoredIds, {0}, "",
            changed("insert into \"Conversation\" (id, created_time) values ('late', '2020-01-01')",
                "delete from \"Conversation\" where id = 'late'")),
        row("rows inserted by another", place::kUpsert, {0}, "", changed(insert_rows(40), "select 1")),
        row("keys changed (another JWT secret)", place::kUpsert, {1}, "HTTP 401",
            {[] {
                 stop_service("postgrest");
                 start_service("postgrest", {{"PGRST_JWT_SECRET", "another secret of thirty-two characters"}});
             },
                [] {
                    stop_service("postgrest");
                    start_service("postgrest");
                }}),
    };
}

/// A trigger that does `what` for one message.
Row triggered(std::string fault, std::vector<int> codes, std::string said, std::string const& what)
{
    return row(std::move(fault), place::kUpsert, std::move(codes), std::move(said),
        changed("create function refuse() returns trigger language plpgsql as $$ begin " + what
                + " end $$; create trigger refuse before insert on \"Message\" for each row when (new.id = "
                + sql_quoted(ground().victim().id) + ") execute function refuse()",
            "drop function refuse() cascade"));
}

/// States that databases' own triggers raise, each with what a customer wrote; and one that says nothing at all.
std::vector<Row> triggers()
{
    std::vector<Row> rows;
    for (std::string const code : {"P0001", "45000", "54000", "PT409", "22003", "38001", "42501"}) {
        auto const raised =
            "raise exception 'no: %', new.message_parts using errcode = '" + code + "', detail = new.message_parts;";
        rows.push_back(triggered("a trigger that raises " + code + " for one message", {3}, code, raised));
        rows.back() = with_failed_messages(rows.back(), 1);
    }
    rows.push_back(triggered("a trigger that drops one message", {3}, ground().victim().id, "return null;"));
    rows.back() = with_failed_messages(rows.back(), 1);
    return rows;
}

/// The gateway as users have it, without the proxy in between.
std::vector<Row> over_tls()
{
    Environment const tls{{"SUPABASE_URL", "stack:HTTPS_URL"}, {"CA_FILE", "stack:CA_FILE"}};
    std::vector<Row> rows{
        row("TLS: PostgREST restarted", place::kLastPage, {0}, "", restarted("postgrest")),
        row("TLS: PostgreSQL crashed and restarted", place::kMiddlePage, {0}, "", restarted("postgres")),
        row("TLS: PostgREST killed", place::kPageOne, {1, 3}, "gave up after 6 tries", without("postgrest", "")),
        row("TLS: message table locked for a while", place::kFirstPage, {0}, kTriedAgain,
            held(kLockMessages, kTriedAgain)),
        {"TLS: reset at Freshchat", place::kMiddlePage, {0}, "freshchat: Connection closed",
            Fault{.kind = FaultKind::reset}},
        {"TLS: wrong key", place::kStart, {1}, "HTTP 401"},
        {"TLS: a CA that is not known", place::kStart, {1}, "TLS"},
    };
    for (auto& each : rows) {
        each.settings = tls;
    }
    rows[5].settings["SUPABASE_SERVICE_ROLE_KEY"] = "sb_secret_another_6f1c";
    rows[6].settings.erase("CA_FILE");
    return rows;
}

/// 10 ms a row, and 0.3 s a statement: a real 57014.
Row statement_timeout()
{
    auto slow = row("statement timeout", place::kStart, {0}, "HTTP 500",
        changed("create trigger slow before insert on \"Message\" for each row execute function doze()",
            "drop trigger slow on \"Message\""));
    slow.settings = {{"SUPABASE_SERVICE_ROLE_KEY", "stack:HASTY_KEY"}};
    return slow;
}

} // namespace

std::vector<Row> stack_rows()
{
    auto rows = outages();
    for (auto const& more : {schema_changes(), triggers(), over_tls()}) {
        rows.insert(rows.end(), more.begin(), more.end());
    }
    rows.push_back(statement_timeout());
    return rows;
}

} // namespace backfill::test
