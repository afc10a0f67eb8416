#include "backfill/supabase/schema_sql.hpp"

#include "supabase/schema_names.hpp"
#include "supabase/wordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

// No name stands in a comment: a line break in it would end the comment.

namespace backfill::supabase {
namespace {

/// A string constant.
std::string sql_text(std::string_view text)
{
    std::string sql = "'";
    for (char const c : text) {
        sql += c == '\'' ? "''" : std::string(1, c);
    }
    return sql + "'";
}

/// Statements in a block, between quotes that no name in them ends.
std::string block(std::string const& statements)
{
    std::string quote = "$$";
    for (int number = 1; statements.find(quote) != std::string::npos; ++number) {
        quote = fmt::format("$sql{}$", number);
    }
    return fmt::format("do {0} begin\n{1}end {0};\n", quote, statements);
}

/// Empty `schema`: public.
std::string table_sql(std::string const& schema, std::string const& table)
{
    return sql_name(schema.empty() ? "public" : schema) + '.' + sql_name(table);
}

std::string index_sql(std::string const& schema, std::string const& table, std::vector<std::string> const& columns)
{
    std::vector<std::string> names;
    std::ranges::transform(columns, std::back_inserter(names), sql_name);
    return fmt::format("create index if not exists {} on {} ({});", sql_name(index_name(table, columns)),
        table_sql(schema, table), fmt::join(names, ", "));
}

char const* type_of(Column const& column)
{
    bool const is_array = column.kind == MessageField::other && column.field == "message_parts";
    return column.kind == MessageField::raw || is_array ? "jsonb"
        : column.kind == MessageField::created_time     ? "timestamptz"
                                                        : "text";
}

class Schema {
public:
    Schema(ConversationTable const& conversations, MessageTableLayout const& messages, std::string const& schema,
        TableUser const& user)
        : conversations_{conversations},
          messages_{messages},
          schema_{schema.empty() ? "public" : schema},
          user_{user},
          role_{sql_name(user.role)},
          conversation_table_{table_sql(schema, conversations.name)},
          message_table_{table_sql(schema, messages.table)}
    {
    }

    std::string schema() const
    {
        return fmt::format("\n-- The schema of both tables. The project must expose it, too: Project Settings → Data "
                           "API → Exposed schemas.\n"
                           "create schema if not exists {0};\ngrant usage on schema {0} to {1};\n",
            sql_name(schema_), role_);
    }

    std::string conversation_table() const
    {
        std::string times;
        for (auto const& column : {conversations_.created_time, conversations_.updated_time}) {
            times += column.empty() ? "" : fmt::format(",\n  {} timestamptz", sql_name(column));
        }
        return fmt::format("\n-- The conversations, by their ids at Freshchat. A run reads them; something else must "
                           "fill this table.\n"
                           "create table if not exists {} (\n  {} text primary key{}\n);\n",
            conversation_table_, sql_name(conversations_.id), times);
    }

    std::string message_table() const
    {
        std::string columns;
        std::string additions;
        for (auto const& column : messages_.columns) {
            auto const definition = fmt::format("{} {}", sql_name(column.name), type_of(column));
            bool const has_value = column.kind != MessageField::other; // in every row
            columns += fmt::format("  {}{},\n", definition, has_value ? " not null" : "");
            additions += fmt::format("{}\n  add column if not exists {}", additions.empty() ? "" : ",", definition);
        }
        return fmt::format("\n-- The messages. The unique key is what upserts meet.\n"
                           "create table if not exists {0} (\n{1}  primary key ({2})\n);\n"
                           "\n-- A table that was there before gets the columns that it lacks …\n"
                           "alter table {0}{3};\n"
                           "\n-- … and the unique key. The insert stores nothing; it fails where no such key is.\n",
                   message_table_, columns, messages_.key_sql(), additions)
            + block(fmt::format("  insert into {0} select where false on conflict ({1}) do nothing;\n"
                                "exception when invalid_column_reference then\n"
                                "  create unique index on {0} ({1});\n",
                message_table_, messages_.key_sql()));
    }

    std::string indexes() const
    {
        auto const list = conversations_.created_time.empty() ? "" : list_index_sql(conversations_, schema_) + "\n";
        auto const look_up = is_found_by_key(messages_)
            ? ""
            : index_sql(schema_, messages_.table, {messages_.column_of("conversationid")}) + "\n";
        return list.empty() && look_up.empty()
            ? ""
            : "\n-- For the list of conversations, and for the look-up of what is stored of each. On a large table in "
              "use, make\n-- them by hand before, with `create index concurrently`.\n"
                + list + look_up;
    }

    std::string rights() const
    {
        return fmt::format(
            "\n-- What the role of the key may do.\ngrant select on {} to {};\ngrant select, insert{} on "
            "{} to {};\n",
            conversation_table_, role_, may_update() ? ", update" : "", message_table_, role_);
    }

    std::string row_level_security() const
    {
        auto const enable = [](std::string const& table) {
            return fmt::format("  if not exists (select from {0}) then\n"
                               "    alter table {0} enable row level security;\n"
                               "  end if;\n",
                table);
        };
        return "\n-- Without row-level security, everybody who has the project's anon key may read the tables of an "
               "exposed schema,\n-- and websites show that key. service_role bypasses it. Not where a table has rows: "
               "others may read it without a policy.\n"
            + block(enable(conversation_table_) + enable(message_table_));
    }

    std::string policies() const
    {
        auto all = policy(conversations_.name, conversation_table_, "select", "using (true)")
            + policy(messages_.table, message_table_, "select", "using (true)")
            + policy(messages_.table, message_table_, "insert", "with check (true)");
        if (may_update()) {
            all += policy(messages_.table, message_table_, "update", "using (true) with check (true)");
        }
        return "\n-- Policies for the role of the key. With them, everybody who has such a key may read all messages "
               "and store some:\n-- a key with full access (sb_secret_…, service_role) needs none.\n"
            + block(all);
    }

private:
    /// service_role is a server's: ON_CONFLICT=update needs no second visit.
    bool may_update() const { return user_.bypasses_row_level_security || messages_.on_conflict == OnConflict::update; }

    std::string policy(
        std::string const& table, std::string const& sql_table, std::string_view command, char const* rows) const
    {
        auto const name = short_name(fmt::format("freshchat-backfill {} {}", command, user_.role));
        return fmt::format("  if not exists (select from pg_policies where schemaname = {} and tablename = {} and "
                           "policyname = {}) then\n"
                           "    create policy {} on {} for {} to {} {};\n"
                           "  end if;\n",
            sql_text(schema_), sql_text(table), sql_text(name), sql_name(name), sql_table, command, role_, rows);
    }

    ConversationTable const& conversations_;
    MessageTableLayout const& messages_;
    std::string schema_;
    TableUser const& user_;
    std::string role_; ///< these three as SQL has them
    std::string conversation_table_;
    std::string message_table_;
};

} // namespace

std::string schema_sql(ConversationTable const& conversations, MessageTableLayout const& messages,
    std::string const& schema, TableUser const& user)
{
    expect_usable_names(conversations, messages, schema);
    Schema const all{conversations, messages, schema, user};
    return "-- What a backfill needs, with the settings as they were given. Printed by `freshchat-backfill schema`.\n"
           "-- It makes what is missing and drops nothing. Executed again, it changes nothing.\n"
        + (schema.empty() ? "" : all.schema()) + all.conversation_table() + all.message_table() + all.indexes()
        + all.rights() + all.row_level_security() + (user.bypasses_row_level_security ? "" : all.policies())
        + "\n-- PostgREST knows the tables from now on.\nnotify pgrst, 'reload schema';";
}

std::string list_index_sql(ConversationTable const& table, std::string const& schema)
{
    std::vector<std::string> columns{table.created_time, table.id};
    std::erase(columns, "");
    return index_sql(schema, table.name, columns);
}

} // namespace backfill::supabase
