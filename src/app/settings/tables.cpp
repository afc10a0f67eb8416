#include "app/settings/tables.hpp"

#include "app/settings/readers.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

/// `field` or `field=column`.
std::pair<std::string, std::string> mapping(SettingValue const& value, std::string_view entry)
{
    auto const equals = entry.find('=');
    std::string const field{trim(entry.substr(0, equals))};
    std::string const name{equals == std::string_view::npos ? field : trim(entry.substr(equals + 1))};
    if (field.empty() || name.empty()) {
        refuse(value, "expected field or field=column, separated by commas");
    }
    return {field, name};
}

Columns message_columns(SettingValues const& values)
{
    auto const value = *values.find("MESSAGE_COLUMNS");
    Columns columns;
    std::set<std::string> names;
    for (std::string_view const entry : split_list(value.text)) {
        auto const [field, name] = mapping(value, entry);
        if (!names.insert(name).second) {
            refuse(value, "column " + printable(name) + " is named twice");
        }
        columns.emplace_back(field, name);
    }
    auto const lacks = [&](MessageField kind) { return std::ranges::count(columns, kind, &Column::kind) == 0; };
    if (lacks(MessageField::id) || lacks(MessageField::conversation)) {
        refuse(value, "the fields id and conversationid are required");
    }
    return columns;
}

/// By their names in the table, which must be written too.
std::vector<std::string> message_key(SettingValues const& values, supabase::MessageTableLayout const& layout)
{
    auto const value = values.find("MESSAGE_KEY");
    auto const key = value ? split_list(value->text) : std::vector<std::string>{};
    for (auto const& name : key) {
        if (std::ranges::count(layout.columns, name, &Column::name) == 0) {
            refuse(*value, "column " + printable(name) + " is not among those of MESSAGE_COLUMNS");
        }
    }
    if (value && std::ranges::find(key, layout.column_of("id")) == key.end()) {
        refuse(*value, "the message's id must be part of it: column " + printable(layout.column_of("id")));
    }
    return key;
}

} // namespace

supabase::ConversationTable conversation_table(SettingValues const& values)
{
    supabase::ConversationTable table{text(values, "CONVERSATION_TABLE")};
    table.id.clear();
    table.created_time.clear();
    auto const value = *values.find("CONVERSATION_COLUMNS");
    for (std::string_view const entry : split_list(value.text)) {
        auto const [field, name] = mapping(value, entry);
        auto* const column = field == "id" ? &table.id
            : field == "created_time"      ? &table.created_time
            : field == "updated_time"      ? &table.updated_time
                                           : nullptr;
        if (column == nullptr || !column->empty()) {
            refuse(value, "expected the fields id, created_time and updated_time, each once at most");
        }
        *column = name;
    }
    if (table.id.empty()) {
        refuse(value, "the field id is required: the conversation's id at Freshchat");
    }
    if (table.created_time.empty()) {
        for (auto const* name : {"CREATED_FROM", "CREATED_TO"}) {
            if (auto const date = values.find(name)) {
                refuse(*date, "needs the field created_time in CONVERSATION_COLUMNS");
            }
        }
    }
    return table;
}

std::vector<supabase::Filter> conversation_filters(SettingValues const& values)
{
    constexpr std::size_t kLongestFilters = 48'000; // PostgREST refuses a request whose head is longer than 50 kB
    std::vector<supabase::Filter> all;
    std::size_t bytes = 0;
    auto const value = values.find("CONVERSATION_FILTER");
    auto const texts = !value     ? std::vector<std::string>{}
        : value->variable.empty() ? value->entries
                                  : split_list(value->text, '\n');
    for (auto const& text : texts) {
        try {
            all.push_back(supabase::read_filter(text));
        } catch (std::invalid_argument const& error) {
            throw UsageError{fmt::format("{}={}: {}", value->origin, printable(text), error.what())};
        }
        bytes += all.back().query().size();
    }
    if (bytes > kLongestFilters) {
        throw UsageError{fmt::format(
            "CONVERSATION_FILTER (--where): the filters have {} bytes, and no request may have more than {}: give a "
            "condition on a column in place of a list of ids, or the ids in CONVERSATIONS_FILE",
            bytes, kLongestFilters)};
    }
    return all;
}

supabase::MessageTableLayout message_table(SettingValues const& values)
{
    supabase::MessageTableLayout layout{text(values, "MESSAGE_TABLE"), message_columns(values)};
    layout.key = message_key(values, layout);
    return layout;
}

} // namespace backfill::app
