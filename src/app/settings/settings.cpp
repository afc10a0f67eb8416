#include "app/settings/settings.hpp"

#include "app/settings/endpoints.hpp"
#include "app/settings/outputs.hpp"
#include "app/settings/pace.hpp"
#include "app/settings/readers.hpp"
#include "app/settings/selection.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <set>
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
    bool const pasted = ascii_lower(text.substr(0, kBearer.size())) == kBearer; // copied from a request's header
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
        columns.emplace_back(field, name);
    }
    auto const has = [&](MessageField kind) {
        return std::ranges::find(columns, kind, &Column::kind) != columns.end();
    };
    if (!has(MessageField::id) || !has(MessageField::conversation)) {
        refuse(value, "the fields id and conversationid are required");
    }
    return columns;
}

/// Read only by commands that also talk to Freshchat, so `status` does not fail on variables meant for the others.
void read_fetching(Settings& settings, SettingValues const& values)
{
    settings.selection = selection(settings.command, values);
    settings.on_not_found = choice<OnNotFound>(values, "ON_NOT_FOUND");
    settings.messages.on_conflict = choice<supabase::OnConflict>(values, "ON_CONFLICT");
    settings.clean_rules = {
        settings.messages.columns, excluded(values, "EXCLUDE_ACTOR_TYPES"), excluded(values, "EXCLUDE_MESSAGE_TYPES")};
    read_outputs(settings, values);
    read_pace(settings, values);
    if (settings.command == Command::verify) { // reads everything; leaves stored rows and the state of runs alone
        settings.repair = flag(values, "REPAIR");
        settings.mode = Mode::full;
        settings.state_file.clear();
        settings.messages.on_conflict = supabase::OnConflict::ignore;
    } else if (tries_rejects_again(settings.command, values)) {
        settings.mode = Mode::full; // the others skip what is older than a stored message
    }
}

} // namespace

Settings typed_settings(Command command, SettingValues const& values)
{
    Settings settings;
    settings.command = command;
    if (settings.asks_freshchat()) {
        settings.freshchat =
            api_endpoint(values, "FRESHCHAT_DOMAIN", "/v2", "the account's host, e.g. acme.freshchat.com");
        settings.freshchat_token = freshchat_token(values, settings.warnings);
        settings.freshchat_transport = transport_options(values, settings.freshchat);
    }
    settings.supabase =
        api_endpoint(values, "SUPABASE_URL", "/rest/v1", "the project URL, e.g. https://abc.supabase.co");
    settings.supabase_key = supabase_key(values, settings.warnings);
    settings.supabase_transport = transport_options(values, settings.supabase);
    settings.verbose = flag(values, "VERBOSE_LOG");
    settings.conversation_table = text(values, "CONVERSATION_TABLE");
    settings.messages.table = text(values, "MESSAGE_TABLE");
    settings.messages.columns = message_columns(values);
    if (settings.asks_freshchat()) {
        read_fetching(settings, values);
    }
    if (command == Command::status || command == Command::doctor) {
        settings.json = flag(values, "JSON_OUTPUT");
        settings.list = flag(values, "LIST_CONVERSATIONS");
        settings.watch = duration(values, "WATCH_INTERVAL");
    }
    return settings;
}

} // namespace backfill::app
