#include "app/settings/keys.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/jwt.hpp"
#include "backfill/supabase/api_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, text) != words.end();
}

bool has_full_access(std::string const& key)
{
    return supabase::ApiKey{Secret{key}}.bypasses_row_level_security();
}

/// What to do about a key that row-level security applies to: others may be set, or meant.
std::string advice_on(SettingValue const& used, SettingValues const& values)
{
    if (has_full_access(used.text)) {
        return {};
    }
    auto const& full = setting_spec("SUPABASE_SECRET_KEY");
    std::string other;
    for (auto const& spec : {full, setting_spec("SUPABASE_ANON_KEY")}) {
        for (auto const& key : values.all_of(spec)) {
            other = other.empty() && has_full_access(key.text) ? key.origin : other;
        }
    }
    bool const is_for_full = std::ranges::find(full.variables, used.variable) != full.variables.end();
    if (is_for_full && (used.text.starts_with("sb_publishable_") || read_jwt(used.text).role == "anon")) {
        return fmt::format("{} holds the project's anon (publishable) key; copy the {} key into it{}", used.origin,
            "service_role or sb_secret_", other.empty() ? "" : ": " + other + " holds one, and is not used");
    }
    return other.empty() ? ""
                         : fmt::format("{} holds a key with full access, and is not used; copy it into {}", other,
                             is_for_full ? used.origin : full.name());
}

} // namespace

void warn_if_exposed(SettingValue const& secret, std::vector<std::string>& warnings)
{
    if (secret.exposed) {
        warnings.push_back(secret.origin + " names a file that other users of this machine can read; chmod 600 it.");
    }
}

std::string warning_of_public_name(SettingValues const& values)
{
    auto const key = values.find("SUPABASE_SECRET_KEY");
    return key && key->variable.starts_with("NEXT_PUBLIC_") ? key->variable
            + ": names that begin with NEXT_PUBLIC_ reach browsers, and this key bypasses row-level security. "
              "Rename it to SUPABASE_SERVICE_ROLE_KEY and rotate the key."
                                                            : "";
}

void read_freshchat_token(Settings& settings, SettingValues const& values)
{
    auto const value = values.find("FRESHCHAT_TOKEN");
    if (!value) {
        throw UsageError{"FRESHCHAT_TOKEN is not set; give the account's API token, or FRESHCHAT_TOKEN_FILE"};
    }
    warn_if_exposed(*value, settings.warnings);
    if (value->text.starts_with("sb_")
        || is_one_of(read_jwt(value->text).role, {"anon", "authenticated", "service_role"})) {
        throw UsageError{value->origin + " holds a Supabase key; give Freshchat's API token (Admin → API Tokens)"};
    }
    settings.freshchat_token = Secret{value->text};
}

void read_supabase_key(Settings& settings, SettingValues const& values)
{
    auto key = values.find("SUPABASE_SECRET_KEY");
    if (!key) {
        key = values.find("SUPABASE_ANON_KEY");
    }
    if (!key && !settings.asks_supabase()) {
        return;
    }
    if (!key) {
        throw UsageError{"SUPABASE_SECRET_KEY is not set, nor SUPABASE_SERVICE_ROLE_KEY; give a key of the project "
                         "with full access, or SUPABASE_ANON_KEY"};
    }
    if (is_jwt(key->text) && read_jwt(key->text).role.empty()) {
        throw UsageError{
            key->origin + " holds a token without a role, so it is no key of Supabase (Freshchat's token?)"};
    }
    warn_if_exposed(*key, settings.warnings);
    settings.supabase_key = Secret{key->text};
    settings.supabase_key_origin = key->origin;
    settings.supabase_key_others = key->others;
    settings.supabase_key_role = has_full_access(key->text) ? ""
        : is_jwt(key->text)                                 ? read_jwt(key->text).role
                                                            : "anon";
    settings.supabase_key_advice = advice_on(*key, values);
}

} // namespace backfill::app
