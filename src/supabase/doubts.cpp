#include "backfill/supabase/doubts.hpp"

#include "backfill/core/json_reader.hpp"
#include "backfill/core/printable.hpp"
#include "supabase/time_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

namespace backfill::supabase {
namespace {

using namespace std::string_view_literals;

/// What is written to a column, for one that takes few letters.
struct Text {
    MessageField field;
    std::size_t letters;
    std::string_view what;
};

constexpr std::array kTexts{Text{MessageField::id, 36, "a UUID has 36"},
    Text{MessageField::conversation, 36, "Freshchat's conversation ids have 36, as a rule"},
    Text{MessageField::actor_type, 6, "user, agent, bot and system have up to 6"},
    Text{MessageField::parts, std::numeric_limits<std::size_t>::max(), "longer texts will be refused"},
    Text{MessageField::created_time, 27, "times have up to 27, such as 2025-07-10T19:47:55.442123Z"}};

constexpr auto kSystem = "system"sv; // left out, unless the settings want them
constexpr std::array kActors{"user"sv, "agent"sv, "bot"sv, kSystem};

/// A column as the description has it.
struct Described {
    explicit Described(JsonValue const& property)
        : type{property["format"].string()}, is_given{property["default"].kind != JsonValue::Kind::null}
    {
        auto const length = property["maxLength"].text;
        std::from_chars(length.data(), length.data() + length.size(), longest);
        for (auto const& value : property["enum"].children()) {
            values.push_back(value.text);
        }
    }

    bool is_list() const { return type.ends_with("[]"); }
    bool is_json() const { return type == "json" || type == "jsonb"; }
    bool is_integer() const // the last three since PostgREST 14.8
    {
        return type == "smallint" || type == "integer" || type == "bigint" || type.starts_with("int");
    }
    bool is_number() const { return is_integer() || type == "numeric" || type == "real" || type.starts_with("double"); }

    std::string_view type;
    bool is_given;                          ///< it has a default
    std::size_t longest = 0;                ///< letters; 0 = no bound
    std::vector<std::string_view> values{}; ///< of an enum
};

constexpr auto* kOtherColumn = "Use a column of type text, or name another in MESSAGE_COLUMNS.";

Doubt doubt_about_enum(MessageField field, Described const& column)
{
    auto const type = printable(column.type);
    if (field != MessageField::actor_type) {
        return {fmt::format("is the enum {}: what is written to it will be refused", type), kOtherColumn};
    }
    std::vector<std::string_view> lacking;
    std::ranges::copy_if(kActors, std::back_inserter(lacking),
        [&column](auto actor) { return std::ranges::find(column.values, actor) == column.values.end(); });
    if (lacking.empty() || lacking.front() == kSystem) {
        return {};
    }
    std::string sql;
    for (auto const actor : lacking) {
        sql += fmt::format("alter type {} add value '{}'; ", type, actor);
    }
    return {
        fmt::format("is the enum {}, which lacks {}: such messages will be refused", type, fmt::join(lacking, ", ")),
        fmt::format("Run in SQL: {}or use a column of type text.", sql)};
}

/// A column that takes few letters. One for conversations takes those of the conversation table, if that is narrower.
Doubt doubt_about_length(MessageField field, Described const& column, Described const* conversation_id)
{
    auto const* const text = std::ranges::find(kTexts, field, &Text::field);
    bool const is_wide = text == kTexts.end() || column.longest == 0 || column.longest >= text->letters;
    bool const suits_ids = field == MessageField::conversation && conversation_id != nullptr
        && (conversation_id->is_number()
            || (conversation_id->longest > 0 && conversation_id->longest <= column.longest));
    return is_wide || suits_ids
        ? Doubt{}
        : Doubt{fmt::format("takes {} characters: {}", column.longest, text->what), "Give it the type text."};
}

/// What is wrong with writing this field to a column of this type; an empty finding for nothing.
Doubt doubt_about(MessageField field, Described const& column, Described const* conversation_id)
{
    auto const is = [&](char const* what) { return fmt::format("is {}: {}", printable(column.type), what); };
    if (field == MessageField::raw || field == MessageField::other) {
        return {}; // JSON, which any column may be meant for
    }
    if (column.is_list()) {
        return {is("the text that is written to it will be refused"),
            "Use a column of type text, or jsonb with the field `parts`."};
    }
    if (!column.values.empty()) {
        return doubt_about_enum(field, column);
    }
    if (auto doubt = doubt_about_length(field, column, conversation_id); !doubt.found.empty()) {
        return doubt;
    }
    switch (field) {
    case MessageField::id:
        return column.is_number() ? Doubt{is("Freshchat's message ids are UUIDs"), kOtherColumn} : Doubt{};
    case MessageField::conversation:
        return column.is_number() && conversation_id != nullptr && !conversation_id->is_number()
            ? Doubt{is("conversation ids that are no numbers will be refused"), kOtherColumn}
            : Doubt{};
    case MessageField::parts:
        return column.is_json() ? Doubt{is("a message's text becomes a JSON string, beside arrays that others may have "
                                           "stored"),
                   "To store the array as Freshchat has it, write parts=<column> in place of message_parts "
                   "(MESSAGE_COLUMNS)."}
                                : Doubt{};
    case MessageField::created_time:
        return column.is_number()   ? Doubt{is("times are written as text, such as 2025-07-10T19:47:55.442Z"),
                   "Use a column of type timestamptz."}
            : column.type == "date" ? Doubt{is("the time of day is lost"), "Use a column of type timestamptz."}
                                    : Doubt{};
    case MessageField::actor_type:
    case MessageField::raw:
    case MessageField::other:
        break;
    }
    return {};
}

class Description {
public:
    explicit Description(JsonDocument const& document) : tables_{document.root()["definitions"]} {}

    std::vector<Doubt> doubts(ConversationTable const& conversations, MessageTableLayout const& messages) const
    {
        auto const& table = tables_[messages.table];
        auto const& id = tables_[conversations.name]["properties"][conversations.id];
        bool const knows_id = id.kind == JsonValue::Kind::object;
        auto const conversation_id = knows_id ? std::optional{Described{id}} : std::nullopt;
        std::vector<Doubt> all;
        for (auto const& property : table["properties"].children()) {
            auto const name = property.name;
            Described const column{property};
            auto const mapped = std::ranges::find(messages.columns, name, &backfill::Column::name);
            auto doubt = mapped == messages.columns.end()
                ? must_be_given(table, name, column)
                : doubt_about(mapped->kind, column, conversation_id ? &*conversation_id : nullptr);
            if (!doubt.found.empty()) {
                doubt.found =
                    fmt::format("column {} of table {} {}", printable(name), printable(messages.table), doubt.found);
                all.push_back(std::move(doubt));
            }
        }
        return all;
    }

private:
    static Doubt must_be_given(JsonValue const& table, std::string_view name, Described const& column)
    {
        auto const required = table["required"].children();
        bool must = false;
        for (auto const& one : required) {
            must = must || one.text == name;
        }
        if (!must || column.is_given) {
            return {};
        }
        return {"must have a value, shows no default, and nothing is written to it",
            "Fine where the database fills it (identity, generated, a trigger), which cannot be known here; else every "
            "row will be refused: give it a default, or map a field to it in MESSAGE_COLUMNS."};
    }

    JsonValue const& tables_;
};

} // namespace

std::optional<std::vector<Doubt>> doubts_about(Postgrest& postgrest, ConversationTable const& conversations,
    MessageTableLayout const& messages, std::stop_token const& stop)
{
    auto const text = postgrest.description(stop);
    auto const document = text ? read_json(*text) : std::nullopt;
    if (!document || document->root()["definitions"][messages.table].kind != JsonValue::Kind::object) {
        return std::nullopt;
    }
    auto doubts = Description{*document}.doubts(conversations, messages);
    TimeColumns const times{document->root()["definitions"], postgrest.schema(), conversations.name};
    if (auto doubt = times.doubt_about_order(conversations.created_time); !doubt.found.empty()) {
        doubt.about = Doubt::About::conversations;
        doubts.push_back(std::move(doubt));
    }
    return doubts;
}

} // namespace backfill::supabase
