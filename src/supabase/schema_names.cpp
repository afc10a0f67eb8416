#include "supabase/schema_names.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/shard.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>

namespace backfill::supabase {
namespace {

constexpr std::size_t kNameBytes = 63; // PostgreSQL cuts longer names

/// At most `limit` bytes of it, and no part of a character.
std::string_view cut(std::string_view text, std::size_t limit)
{
    std::size_t length = 0;
    while (length < text.size()) {
        auto const next = length + decode_utf8(text.substr(length)).length;
        if (next > limit) {
            break;
        }
        length = next;
    }
    return text.substr(0, length);
}

/// What is wrong with the names of one kind, of which no two may be the same.
class SqlNames {
public:
    SqlNames(std::string_view setting, std::string_view kind) : setting_{setting}, kind_{kind} {}

    void add(std::string const& name)
    {
        if (name.size() > kNameBytes) {
            refuse(name, fmt::format("has {} bytes, and PostgreSQL cuts names after {}", name.size(), kNameBytes));
        }
        if (!names_.insert(name).second) {
            refuse(name, "is named twice");
        }
    }

    void add_column(std::string const& name)
    {
        constexpr std::array<std::string_view, 6> kOfTheSystem{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
        add(name);
        if (std::ranges::find(kOfTheSystem, name) != kOfTheSystem.end()) {
            refuse(name, "has the name of a column that PostgreSQL keeps in every table itself");
        }
    }

    std::vector<std::string> const& refused() const { return refused_; }

private:
    void refuse(std::string const& name, std::string_view why)
    {
        refused_.push_back(fmt::format("{}: {} {} {}; give it another name", setting_, kind_, printable(name), why));
    }

    std::string_view setting_;
    std::string_view kind_;
    std::set<std::string> names_;
    std::vector<std::string> refused_;
};

} // namespace

std::string short_name(std::string const& name)
{
    auto const hash = fmt::format("_{:08x}", static_cast<std::uint32_t>(stable_hash(name)));
    return name.size() <= kNameBytes ? name : std::string{cut(name, kNameBytes - hash.size())} + hash;
}

std::string index_name(std::string_view table, std::vector<std::string> const& columns)
{
    constexpr std::string_view kEnd = "_idx";
    auto const names = fmt::format("{}", fmt::join(columns, "_"));
    auto of_table = table.size();
    auto of_columns = names.size();
    while (of_table + 1 + of_columns + kEnd.size() > kNameBytes) {
        --(of_table > of_columns ? of_table : of_columns);
    }
    return fmt::format("{}_{}{}", cut(table, of_table), cut(names, of_columns), kEnd);
}

bool is_found_by_key(MessageTableLayout const& messages)
{
    return !messages.key.empty() && messages.key.front() == messages.column_of("conversationid");
}

void expect_usable_names(
    ConversationTable const& conversations, MessageTableLayout const& messages, std::string const& schema)
{
    SqlNames schemas{"SUPABASE_SCHEMA", "schema"};
    schemas.add(schema);
    // Indexes have names among those of the tables, and `if not exists` would skip the second of two.
    SqlNames relations{"CONVERSATION_TABLE, MESSAGE_TABLE", "the table or the index"};
    relations.add(conversations.name);
    relations.add(messages.table);
    if (!conversations.created_time.empty()) {
        relations.add(index_name(conversations.name, {conversations.created_time, conversations.id}));
    }
    if (!is_found_by_key(messages)) {
        relations.add(index_name(messages.table, {messages.column_of("conversationid")}));
    }
    SqlNames of_conversations{"CONVERSATION_COLUMNS", "column"};
    for (auto const& name : {conversations.id, conversations.created_time, conversations.updated_time}) {
        if (!name.empty()) {
            of_conversations.add_column(name);
        }
    }
    SqlNames of_messages{"MESSAGE_COLUMNS", "column"};
    for (auto const& column : messages.columns) {
        of_messages.add_column(column.name);
    }
    std::vector<std::string> lines;
    for (auto const& names : {schemas, relations, of_conversations, of_messages}) {
        lines.insert(lines.end(), names.refused().begin(), names.refused().end());
    }
    if (!lines.empty()) {
        throw UsageError{fmt::format("{}", fmt::join(lines, "\n"))};
    }
}

} // namespace backfill::supabase
