// The SQL that the command `schema` prints. test/shapes executes it.

#include "support/settings_input.hpp"

#include "backfill/supabase/schema_sql.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill;
using namespace backfill::test;

namespace {

supabase::TableUser const kAnon{"anon", false};

/// With nothing set but these.
std::string sql(Variables const& variables = {}, supabase::TableUser const& user = {})
{
    auto const settings = *parse({"schema"}, variables).settings;
    return supabase::schema_sql(settings.conversations, settings.messages, settings.schema, user);
}

bool prints(std::string const& text, std::string const& piece)
{
    return text.find(piece) != std::string::npos;
}

std::size_t occurrences(std::string const& text, std::string const& piece)
{
    std::size_t times = 0;
    for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) {
        ++times;
    }
    return times;
}

std::string schema_refuses(std::vector<std::string> arguments, Variables const& variables)
{
    arguments.insert(arguments.begin(), "schema");
    return refusal(arguments, variables);
}

} // namespace

TEST_CASE("each field has the type of what is written to it, and its column a value where every row has one")
{
    auto const text = sql({{"MESSAGE_COLUMNS",
        "id,conversationid=conv,actor_type,message_parts=body,message_parts=text,created_time=at,created_time=sent,"
        "raw=payload,parts,channel_id"}});
    CHECK(prints(text, R"(create table if not exists public."Message" (
  id text not null,
  conv text not null,
  actor_type text not null,
  body text not null,
  text text not null,
  at timestamptz not null,
  sent timestamptz not null,
  payload jsonb not null,
  parts jsonb,
  channel_id text,
  primary key (id)
);)"));
    CHECK(prints(text, R"(alter table public."Message"
  add column if not exists id text,
  add column if not exists conv text,)"));
    CHECK(prints(text, "\n  add column if not exists payload jsonb,\n  add column if not exists parts jsonb,\n"));
    CHECK(prints(text, R"(create index if not exists "Message_conv_idx" on public."Message" (conv);)"));
}

TEST_CASE("the conversation table has the mapped columns, and an index in the order of the list")
{
    auto const both = sql({{"CONVERSATION_COLUMNS", "id=freshchat_id,created_time=createdAt"}});
    CHECK(prints(both, R"(create table if not exists public."Conversation" (
  freshchat_id text primary key,
  "createdAt" timestamptz
);)"));
    CHECK(prints(both,
        R"(create index if not exists "Conversation_createdAt_freshchat_id_idx" on public."Conversation" ()"
        R"("createdAt", freshchat_id);)"));
    auto const changes = sql({{"CONVERSATION_COLUMNS", "id,created_time,updated_time=changed"}});
    CHECK(prints(changes, "  created_time timestamptz,\n  changed timestamptz\n);"));
    auto const id = sql({{"CONVERSATION_COLUMNS", "id"}});
    CHECK(prints(id, "public.\"Conversation\" (\n  id text primary key\n);"));
    CHECK(occurrences(id, "create index if not exists") == 1);
}

TEST_CASE("the unique key is the one that upserts name; one that begins with the conversation is its index, too")
{
    auto const by_time = sql({{"MESSAGE_KEY", "id,created_time"}});
    CHECK(prints(by_time, "  primary key (id, created_time)\n"));
    CHECK(prints(
        by_time, R"(insert into public."Message" select where false on conflict (id, created_time) do nothing;)"));
    CHECK(prints(by_time, R"(create unique index on public."Message" (id, created_time);)"));
    CHECK(prints(by_time, "Message_conversationid_idx"));
    CHECK_FALSE(prints(sql({{"MESSAGE_KEY", "conversationid,id"}}), "Message_conversationid_idx"));
    CHECK_FALSE(prints(sql({{"MESSAGE_KEY", "conversationid,id"}, {"CONVERSATION_COLUMNS", "id"}}), "look-up"));
}

TEST_CASE("names are quoted wherever they stand, and none ends a constant, a block or a comment")
{
    auto const text =
        sql({{"CONVERSATION_TABLE", "a.b \"c\"'\n$$ drop"}, {"MESSAGE_TABLE", "$sql1$ end"},
                {"MESSAGE_COLUMNS", "id=The Id,conversationid=order,raw=x\"y"}, {"SUPABASE_SCHEMA", "It's"}},
            {"my role", false});
    auto const conversations = std::string{"\"It's\".\"a.b \"\"c\"\"'\n$$ drop\""};
    CHECK(prints(text, "create schema if not exists \"It's\";\ngrant usage on schema \"It's\" to \"my role\";\n"));
    CHECK(prints(text, "create table if not exists " + conversations + " ("));
    CHECK(prints(text, "\"The Id\" text not null,\n  \"order\" text not null,\n  \"x\"\"y\" jsonb not null,\n"));
    CHECK(prints(text, "on conflict (\"The Id\")"));
    CHECK(prints(text, "schemaname = 'It''s' and tablename = 'a.b \"c\"''\n$$ drop'"));
    CHECK(occurrences(text, "do $sql2$ begin\n") == 2); // both tables are in it
    CHECK(occurrences(text, "end $sql2$;\n") == 2);
    CHECK(occurrences(text, "do $$ begin\n") == 1); // the unique key's: the message table alone
    CHECK(prints(text, "create policy \"freshchat-backfill select my role\" on " + conversations));
}

TEST_CASE("an index has the name that PostgreSQL would give it: at most 63 bytes, cut between characters")
{
    std::string const umlauts = "ä" + std::string(20, 'a') + "äääääääääää";
    auto const text =
        sql({{"MESSAGE_TABLE", umlauts}, {"MESSAGE_COLUMNS", "id,conversationid=" + std::string(40, 'c')}});
    auto const name = "ä" + std::string(20, 'a') + "äää_" + std::string(29, 'c') + "_idx";
    CHECK(name.size() == 62); // one letter would be two bytes
    CHECK(prints(text, "create index if not exists \"" + name + "\" on "));
}

TEST_CASE("a schema is made, granted and to be exposed; without one the tables are in public")
{
    auto const crm = sql({{"SUPABASE_SCHEMA", "crm"}});
    CHECK(prints(crm, "must expose it"));
    CHECK(prints(crm, "create schema if not exists crm;\ngrant usage on schema crm to service_role;\n"));
    CHECK(prints(crm, "create table if not exists crm.\"Message\""));
    CHECK_FALSE(prints(crm, "public"));
    CHECK_FALSE(prints(sql(), "create schema"));
}

TEST_CASE("a key with full access needs no policy; another needs those for what it does, and no more")
{
    auto const service = sql();
    CHECK(prints(service,
        "grant select on public.\"Conversation\" to service_role;\n"
        "grant select, insert, update on public.\"Message\" to service_role;\n"));
    CHECK(occurrences(service, "enable row level security") == 2);
    CHECK_FALSE(prints(service, "policy \""));
    auto const anon = sql({}, kAnon);
    CHECK(prints(anon, "grant select, insert on public.\"Message\" to anon;\n"));
    CHECK(occurrences(anon, "create policy") == 3);
    CHECK(prints(anon,
        "create policy \"freshchat-backfill insert anon\" on public.\"Message\" for insert to anon with "
        "check (true);"));
    CHECK(occurrences(anon, "enable row level security") == 2);
    auto const updates = sql({{"ON_CONFLICT", "update"}}, kAnon);
    CHECK(prints(updates, "grant select, insert, update on public.\"Message\" to anon;\n"));
    CHECK(prints(updates, "for update to anon using (true) with check (true);"));
}

TEST_CASE("policies of two roles have two names, however long those are")
{
    std::string const same(40, 'r');
    auto const policy_of = [](std::string const& role) {
        auto const text = sql({}, {role, false});
        auto const begin = text.find("create policy \"") + 15;
        return text.substr(begin, text.find('"', begin) - begin);
    };
    CHECK(policy_of(same + "1") != policy_of(same + "2"));
    CHECK(policy_of(same + "1").size() == 63);
    CHECK(policy_of(same + "1").starts_with("freshchat-backfill select rrrr"));
    CHECK(policy_of(std::string(37, 'r')) == "freshchat-backfill select " + std::string(37, 'r'));
}

TEST_CASE("a name that PostgreSQL would cut, has itself or would have twice is refused before any SQL is printed")
{
    auto const refused = [](Variables const& variables) {
        return [&]() -> std::string {
            try {
                sql(variables);
            } catch (UsageError const& error) {
                return error.what();
            }
            return "accepted";
        }();
    };
    std::string const longest(63, 'n');
    auto const longer = longest + "n";
    CHECK(prints(sql({{"MESSAGE_TABLE", longest}, {"SUPABASE_SCHEMA", longest},
                     {"MESSAGE_COLUMNS", "id,conversationid,raw=" + longest}}),
        longest));
    CHECK(refused({{"CONVERSATION_TABLE", longer}})
        == "CONVERSATION_TABLE, MESSAGE_TABLE: the table or the index " + longer
            + " has 64 bytes, and PostgreSQL cuts names after 63; give it another name");
    CHECK(prints(refused({{"SUPABASE_SCHEMA", longer}}), "SUPABASE_SCHEMA: schema "));
    CHECK(prints(refused({{"CONVERSATION_COLUMNS", "id=" + longer}}), "CONVERSATION_COLUMNS: column "));
    CHECK(prints(refused({{"MESSAGE_COLUMNS", "id,conversationid,raw=" + std::string(30, 'a') + "ääääääääääääääääää"}}),
        " has 66 bytes"));
    for (std::string const name : {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}) {
        CHECK(refused({{"MESSAGE_COLUMNS", "id,conversationid,actor_type=" + name}})
            == "MESSAGE_COLUMNS: column " + name
                + " has the name of a column that PostgreSQL keeps in every table itself; give it another name");
        CHECK(prints(refused({{"CONVERSATION_COLUMNS", "id,created_time=" + name}}), "CONVERSATION_COLUMNS: column "));
    }
    CHECK(prints(sql({{"MESSAGE_COLUMNS", "id,conversationid,actor_type=CTID,raw=oid"}}), "\"CTID\" text"));

    std::string const begin(50, 't');
    CHECK(prints(refused({{"CONVERSATION_TABLE", begin + "1"}, {"MESSAGE_TABLE", begin + "2"},
                     {"CONVERSATION_COLUMNS", "id=id_of_a_conversation_1,created_time=created_in_the_year"},
                     {"MESSAGE_COLUMNS", "id,conversationid=created_in_the_year_id_of_a_conversation_2"}}),
        "_idx is named twice"));
    CHECK(prints(
        refused({{"CONVERSATION_TABLE", "Message_conversationid_idx"}}), "Message_conversationid_idx is named twice"));
    CHECK(prints(refused({{"CONVERSATION_COLUMNS", "id,created_time=id"}}), "column id is named twice"));
    CHECK(refused({{"MESSAGE_TABLE", longer}, {"MESSAGE_COLUMNS", "id,conversationid=xmin"}}).find('\n')
        != std::string::npos);
}

TEST_CASE("schema needs neither key, token nor URL, looks at no setting of the others, and refuses what is wrong")
{
    CHECK(schema_refuses({},
              {{"SUPABASE_URL", "ftp://x"}, {"FRESHCHAT_TOKEN", "a b"}, {"BATCH_SIZE", "0"}, {"REQUEST_TIMEOUT", "0"},
                  {"CA_FILE", "absent"}, {"VERBOSE_LOG", "maybe"}})
        == "accepted");
    CHECK(schema_refuses({"--supabase-url=x"}, {}) == "--supabase-url is not an option of schema; see --help");
    CHECK(schema_refuses({"--limit=1"}, {}) == "--limit is not an option of schema; see --help");
    CHECK(schema_refuses({"--message-columns=id"}, {}).starts_with("--message-columns=id: the fields id and"));
    CHECK(schema_refuses({}, {{"ON_CONFLICT", "both"}}).starts_with("ON_CONFLICT=both: must be"));
    CHECK(schema_refuses({}, {{"SUPABASE_SECRET_KEY", "a b"}}).starts_with("SUPABASE_SECRET_KEY holds a blank"));
    CHECK(parse({"schema", "--message-table=a", "--env-file=f"}, {}, {{"f", "MESSAGE_TABLE=b\nSUPABASE_ANON_KEY=k\n"}})
              .settings->messages.table
        == "a");
}
