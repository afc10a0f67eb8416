#include "app/files/selection_hash.hpp"

#include "backfill/core/shard.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

namespace backfill::app {
namespace {

std::string hash(std::string const& text)
{
    return fmt::format("{:016x}", stable_hash(text));
}

/// The same for any order of the items.
std::string list(std::string text, std::vector<std::string> const& items)
{
    for (auto const& item : std::set<std::string>{items.begin(), items.end()}) {
        text += ' ' + item;
    }
    return text + '\n';
}

} // namespace

std::string selection_hash(Settings const& settings)
{
    auto const& chosen = settings.selection;
    auto const& messages = settings.messages;
    auto text =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}/{}\n{}\n{}\n", settings.supabase.text(), settings.conversations.name,
            messages.table, chosen.created_from, chosen.created_to, static_cast<int>(settings.mode), chosen.shard.index,
            chosen.shard.count, chosen.limit ? std::to_string(*chosen.limit) : "", messages.resolution());
    text += list("actors", settings.clean_rules.excluded_actor_types)
        + list("types", settings.clean_rules.excluded_message_types);
    for (auto const& column : messages.columns) {
        text += column.field + '=' + column.name + '\n';
    }
    // Nothing for the usual ones: files of earlier versions keep their place.
    auto const& [table, id, time] = settings.conversations;
    text += id == "id" && time == "created_time" ? "" : "conversations " + id + ' ' + time + '\n';
    text += settings.schema.empty() ? "" : "schema " + settings.schema + '\n';
    if (chosen.only) {
        text += "only\n";
        for (auto const& one : *chosen.only) {
            text += one + '\n';
        }
    }
    return hash(text);
}

std::string table_hash(Settings const& settings)
{
    return hash(fmt::format("{}\n{}\n{}\n{}", settings.freshchat.text(), settings.supabase.text(), settings.schema,
        settings.messages.table));
}

} // namespace backfill::app
