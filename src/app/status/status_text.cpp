#include "app/status/status_text.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace backfill::app {
namespace {

template <typename Value>
std::string line(std::string_view name, Value const& value)
{
    return fmt::format("\n{:<27}{}", fmt::format("{}:", name), value);
}

std::string size_text(std::optional<supabase::ConversationSize> const& size)
{
    return size ? fmt::format("{} message{}, {}", size->messages, size->messages == 1 ? "" : "s", printable(size->id))
                : "none";
}

std::string time_text(std::string const& time)
{
    return time.empty() ? "none" : printable(time);
}

void add_text(JsonWriter& json, std::string_view key, std::string const& text)
{
    json.key(key);
    if (text.empty()) {
        json.literal("null");
    } else {
        json.value(text);
    }
}

void add_size(JsonWriter& json, std::string_view key, std::optional<supabase::ConversationSize> const& size)
{
    json.key(key);
    if (!size) {
        json.literal("null");
        return;
    }
    json.begin('{');
    json.member("conversation", size->id);
    json.member("messages", size->messages);
    json.end('}');
}

} // namespace

std::string status_text(supabase::TableFacts const& facts, Settings const& settings, std::string const& time)
{
    auto text = fmt::format("=== Status at {} ===", time);
    text += line("Messages", facts.messages);
    text += line("Conversations", facts.conversations);
    text += line("  with messages", facts.conversations - facts.conversations_without_messages);
    text += line("  without messages", facts.conversations_without_messages);
    text += line("Oldest message", time_text(facts.oldest));
    text += line("Newest message", time_text(facts.newest));
    text += line("Smallest conversation", size_text(facts.smallest));
    text += line("Largest conversation", size_text(facts.largest));
    if (settings.list) {
        text += "\n\nConversations without messages:";
        for (auto const& id : facts.without_messages) {
            text += "\n" + printable(id);
        }
    }
    return text;
}

std::string status_json(supabase::TableFacts const& facts, Settings const& settings, std::string const& time)
{
    std::string text;
    JsonWriter json{text};
    json.begin('{');
    add_text(json, "time", time);
    json.member("messages", facts.messages);
    json.member("conversations", facts.conversations);
    json.member("conversations_with_messages", facts.conversations - facts.conversations_without_messages);
    json.member("conversations_without_messages", facts.conversations_without_messages);
    add_text(json, "oldest", facts.oldest);
    add_text(json, "newest", facts.newest);
    add_size(json, "smallest", facts.smallest);
    add_size(json, "largest", facts.largest);
    if (settings.list) {
        json.key("without_messages");
        json.begin('[');
        for (auto const& id : facts.without_messages) {
            json.value(id);
        }
        json.end(']');
    }
    json.end('}');
    return text;
}

} // namespace backfill::app
