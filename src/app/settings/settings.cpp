#include "app/settings/settings.hpp"

#include "app/settings/command_settings.hpp"
#include "app/settings/endpoints.hpp"
#include "app/settings/env_file.hpp"
#include "app/settings/outputs.hpp"
#include "app/settings/pace.hpp"
#include "app/settings/readers.hpp"
#include "app/settings/values.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>
#include <utility>

namespace backfill::app {
namespace {

void warn_if_exposed(SettingValue const& secret, std::vector<std::string>& warnings)
{
    if (secret.exposed) {
        warnings.push_back(secret.origin + " names a file that other users of this machine can read; chmod 600 it.");
    }
}

Secret freshchat_token(SettingValues const& values, std::vector<std::string>& warnings)
{
    auto const value = values.find_secret("FRESHCHAT_TOKEN");
    if (!value) {
        throw UsageError{"FRESHCHAT_TOKEN is not set; give the account's API token, or FRESHCHAT_TOKEN_FILE"};
    }
    warn_if_exposed(*value, warnings);
    constexpr std::string_view kBearer = "bearer";
    auto text = value->text;
    bool const pasted = ascii_lower(text.substr(0, kBearer.size())) == kBearer; // as it stands in a request's header
    if (pasted && (text.size() == kBearer.size() || text[kBearer.size()] == ' ')) {
        text = stripped(std::string_view{text}.substr(kBearer.size()));
    }
    if (text.empty()) {
        throw UsageError{value->origin + " holds no token"};
    }
    return Secret{text};
}

Secret supabase_key(SettingValues const& values, std::vector<std::string>& warnings)
{
    auto key = values.find_secret("SUPABASE_SERVICE_ROLE_KEY");
    if (key && key->variable.starts_with("NEXT_PUBLIC_")) {
        warnings.push_back(key->variable
            + ": names that begin with NEXT_PUBLIC_ reach browsers, and this key bypasses row-level security. "
            + "Rename it to SUPABASE_SERVICE_ROLE_KEY and rotate the key.");
    }
    if (!key) {
        key = values.find_secret("SUPABASE_ANON_KEY");
    }
    if (!key) {
        throw UsageError{
            "SUPABASE_SERVICE_ROLE_KEY is not set; give the project's service role key (or SUPABASE_ANON_KEY)"};
    }
    warn_if_exposed(*key, warnings);
    return Secret{key->text};
}

supabase::Selection selection(SettingValues const& values, SettingSources const& sources)
{
    supabase::Selection chosen;
    chosen.created_from = moment(values, "CREATED_FROM", DayEdge::start);
    chosen.created_to = moment(values, "CREATED_TO", DayEdge::end);
    if (!chosen.created_from.empty() && !chosen.created_to.empty()
        && parse_timestamp(chosen.created_from)->microseconds > parse_timestamp(chosen.created_to)->microseconds) {
        refuse(*values.find("CREATED_TO"), "must not be before CREATED_FROM=" + values.find("CREATED_FROM")->text);
    }
    if (values.find("MAX_CONVERSATIONS")) {
        chosen.limit = static_cast<std::size_t>(number(values, "MAX_CONVERSATIONS", 1, 1'000'000'000));
    }
    auto ids = values.find_list("CONVERSATION_IDS");
    if (auto const value = ids.empty() ? values.find("CONVERSATION_IDS") : std::nullopt) {
        refuse(*value, "holds no id"); // and must not mean "all of them"
    }
    auto const file = values.find("CONVERSATIONS_FILE");
    if (!ids.empty() || file) {
        chosen.only = std::move(ids);
    }
    if (file) {
        auto const text = sources.read_file(file->text);
        if (!text) {
            refuse(*file, "the file cannot be read");
        }
        for (std::string_view rest = *text; !rest.empty();) {
            auto const end = rest.find('\n');
            auto const id = trim(rest.substr(0, end));
            if (!id.empty()) {
                chosen.only->emplace_back(id);
            }
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
    }
    return chosen;
}

std::vector<std::string> excluded(SettingValues const& values, std::string const& name)
{
    auto types = split_list(ascii_lower(values.find(name)->text));
    std::erase(types, "none");
    return types;
}

Columns message_columns(SettingValues const& values)
{
    auto const value = *values.find("MESSAGE_COLUMNS");
    Columns columns;
    std::set<std::string> names;
    std::set<std::string> fields;
    for (auto const& entry : split_list(value.text)) {
        auto const equals = entry.find('=');
        std::string const field{trim(std::string_view{entry}.substr(0, equals))};
        std::string const name{
            equals == std::string::npos ? field : std::string{trim(std::string_view{entry}.substr(equals + 1))}};
        if (field.empty() || name.empty()) {
            refuse(value, "expected field or field=column, separated by commas");
        }
        if (!names.insert(name).second) {
            refuse(value, "column " + printable(name) + " is named twice");
        }
        fields.insert(field);
        columns.push_back({field, name});
    }
    if (!fields.contains("id") || !fields.contains("conversationid")) {
        refuse(value, "the fields id and conversationid are required");
    }
    return columns;
}

/// What does not matter to who asks Supabase alone: variables that stand there for other commands do no harm then.
void read_fetching(Settings& settings, SettingValues const& values, SettingSources const& sources)
{
    settings.selection = selection(values, sources);
    settings.on_not_found = choice(values, "ON_NOT_FOUND") == 0 ? OnNotFound::fail : OnNotFound::ignore;
    settings.messages.on_conflict =
        choice(values, "ON_CONFLICT") == 0 ? supabase::OnConflict::ignore : supabase::OnConflict::update;
    settings.clean_rules = {
        settings.messages.columns, excluded(values, "EXCLUDE_ACTOR_TYPES"), excluded(values, "EXCLUDE_MESSAGE_TYPES")};
    read_pace(settings, values, sources);
    read_rejects(settings, values, sources);
    read_watching(settings, values, sources);
    read_verify(settings, values);
}

} // namespace

Settings typed_settings(Command command, SettingValues const& values, SettingSources const& sources)
{
    Settings settings;
    settings.command = command;
    if (settings.asks_freshchat()) {
        settings.freshchat =
            api_endpoint(values, "FRESHCHAT_DOMAIN", "/v2", "the account's host, e.g. acme.freshchat.com");
        settings.freshchat_token = freshchat_token(values, settings.warnings);
        settings.freshchat_transport = transport_options(values, settings.freshchat, sources);
    }
    settings.supabase =
        api_endpoint(values, "SUPABASE_URL", "/rest/v1", "the project URL, e.g. https://abc.supabase.co");
    settings.supabase_key = supabase_key(values, settings.warnings);
    settings.supabase_transport = transport_options(values, settings.supabase, sources);
    settings.verbose = flag(values, "VERBOSE_LOG");
    settings.conversation_table = values.find("CONVERSATION_TABLE")->text;
    settings.messages.table = values.find("MESSAGE_TABLE")->text;
    settings.messages.columns = message_columns(values);
    if (settings.asks_freshchat()) {
        read_fetching(settings, values, sources);
    }
    read_looking(settings, values);
    return settings;
}

} // namespace backfill::app
