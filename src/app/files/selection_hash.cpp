#include "app/files/selection_hash.hpp"

#include "backfill/core/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <variant>
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
    auto const& conversations = settings.conversations;
    auto text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}/{}\n{}\n{}\n", settings.supabase.text(), conversations.name,
        messages.table, chosen.created_from, chosen.created_to, static_cast<int>(settings.mode), chosen.shard.index,
        chosen.shard.count, chosen.limit ? std::to_string(*chosen.limit) : "", messages.resolution());
    text += list("actors", settings.clean_rules.excluded_actor_types)
        + list("types", settings.clean_rules.excluded_message_types);
    for (auto const& column : messages.columns) {
        text += column.field + '=' + column.name + '\n';
    }
    // Nothing for the usual ones, here and below: files of earlier versions keep their place.
    auto const& [id, time] = std::tie(conversations.id, conversations.created_time);
    text += id == "id" && time == "created_time" ? "" : "conversations " + id + ' ' + time + '\n';
    text += settings.supabase_key_role.empty() ? "" : "role " + settings.supabase_key_role + '\n';
    text += settings.schema.empty() ? "" : "schema " + settings.schema + '\n';
    std::vector<std::string> filters;
    std::ranges::transform(conversations.filters, std::back_inserter(filters), &supabase::Filter::query);
    text += filters.empty() ? "" : list("where", filters);
    text += settings.updated_since
        ? fmt::format("since {} {}\n", conversations.updated_time, settings.updated_since->text())
        : "";
    if (chosen.only) {
        text += "only\n";
        for (auto const& one : *chosen.only) {
            text += one + '\n';
        }
    }
    return hash(text);
}

std::vector<std::string> mark_hashes(Settings const& settings)
{
    auto one = settings;
    one.selection.limit.reset();
    one.selection.only.reset();
    one.updated_since.reset();
    std::vector<std::string> hashes;
    auto const& column = settings.change_column; // what has changed by one has not by another
    auto const by = column.empty() || column == "updated_time" ? "" : "by " + column + '\n';
    auto const add = [&] { hashes.push_back(hash(one.freshchat.text() + '\n' + by + selection_hash(one))); };
    if (settings.command != Command::verify) {
        add();
        return hashes;
    }
    for (auto const& mode : setting_spec("MODE").choices) {
        for (auto const& on_conflict : setting_spec("ON_CONFLICT").choices) {
            one.mode = std::get<Mode>(mode.value);
            one.messages.on_conflict = std::get<supabase::OnConflict>(on_conflict.value);
            add();
        }
    }
    return hashes;
}

std::string table_hash(Settings const& settings)
{
    return hash(fmt::format("{}\n{}\n{}\n{}", settings.freshchat.text(), settings.supabase.text(), settings.schema,
        settings.messages.table));
}

} // namespace backfill::app
