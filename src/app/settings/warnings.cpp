#include "app/settings/warnings.hpp"

#include "app/settings/suggestions.hpp"

#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace backfill::app {
namespace {

using Words = std::vector<std::string_view>;

bool holds_any(std::string_view text, Words const& words)
{
    return std::ranges::any_of(words, [text](auto const& word) { return text.find(word) != text.npos; });
}

/// Whether a name that is no setting is of the side and kind of this one: `FRESHCHAT_API_KEY` of FRESHCHAT_TOKEN. Not
/// those that services and their kits use for something else.
bool is_akin(std::string_view name, SettingSpec const& spec)
{
    constexpr std::string_view kPublic = "next_public_";
    static Words const others_of_freshchat{"webhook", "widget", "app", "public"};
    static Words const others_of_supabase{"db", "database", "postgres", "pooler", "jwt", "anon", "publishable",
        "access", "auth", "storage", "s3", "function", "graphql", "realtime", "studio", "inbucket", "mailpit", "keys"};
    static Words const secrets{"token", "key", "secret", "service_role"};
    static Words const hosts{"url", "host", "domain", "endpoint"};
    auto const lower = ascii_lower(name);
    auto const side = ascii_lower(spec.name().substr(0, spec.name().find('_')));
    std::string_view bare{lower};
    bare.remove_prefix(bare.starts_with(kPublic) ? kPublic.size() : 0);
    if (!bare.starts_with(side)) {
        return false;
    }
    bare.remove_prefix(side.size());
    auto const& others = side == "supabase" ? others_of_supabase : others_of_freshchat;
    return holds_any(bare, is_secret(spec.kind) ? secrets : hosts) && !holds_any(bare, others);
}

bool is_missing(SettingSpec const& spec, Command command, SettingValues const& values)
{
    bool const is_needed = spec.need == Need::required
        || (spec.need == Need::one_key && command != Command::schema
            && !values.is_set(setting_spec("SUPABASE_ANON_KEY")));
    return is_needed && takes(spec_of(command), spec) && !values.is_set(spec);
}

} // namespace

void warn_without_effect(Settings& settings, SettingValues const& values, std::vector<std::string> const& names,
    std::string const& reason, Given given)
{
    std::vector<std::string> origins;
    for (auto const& name : names) {
        if (auto const value = values.find(name);
            value && !value->origin.empty() && (given == Given::anywhere || value->variable.empty())) {
            origins.push_back(value->origin);
        }
    }
    if (!origins.empty()) {
        settings.warnings.push_back(fmt::format("{}: without effect, since {}.", fmt::join(origins, ", "), reason));
    }
}

void warn_of_idle_options(Settings& settings, SettingValues const& values)
{
    auto const warn = [&](std::vector<std::string> const& names, std::string const& reason) {
        warn_without_effect(settings, values, names, reason, Given::as_option);
    };
    bool const verifies = settings.command == Command::verify;
    if (verifies) {
        warn({"MODE", "ON_CONFLICT"}, "verify compares all that is chosen, and rewrites nothing");
    } else if (values.find("FROM_REJECTS") && takes(spec_of(settings.command), setting_spec("FROM_REJECTS"))) {
        warn({"MODE"}, "FROM_REJECTS reads its conversations to their end");
        warn({"UPDATED_SINCE"}, "FROM_REJECTS takes its conversations whenever they changed");
    }
    if (verifies && settings.state_file.empty()) {
        warn({"STATE_FILE"}, "verify keeps no state without --repair");
    }
    if (settings.only_compares() || settings.command == Command::dry_run) {
        warn({"REJECTS_FILE", "REJECTS_WITH_ROWS"}, "nothing is stored");
    }
}

void warn_of_idle_companions(Settings& settings, SettingValues const& values)
{
    auto const warn = [&](bool is_idle, std::string const& name, std::string const& reason) {
        if (is_idle && takes(spec_of(settings.command), setting_spec(name))) {
            warn_without_effect(settings, values, {name}, reason);
        }
    };
    warn(!values.is_set(setting_spec("NOTIFY_URL")), "NOTIFY_ON", "NOTIFY_URL is not set");
    bool const stores = !settings.only_compares() && settings.command != Command::dry_run; // else told of already
    warn(stores && settings.rejects_with_rows && settings.rejects_file.empty(), "REJECTS_WITH_ROWS",
        "REJECTS_FILE is not set");
    bool const has_text = std::ranges::count(settings.messages.columns, MessageField::parts, &Column::kind) > 0;
    warn(settings.other_parts != OtherParts::none && !has_text, "OTHER_PARTS",
        "MESSAGE_COLUMNS leaves out message_parts");
    warn(settings.progress == ProgressStyle::none, "PROGRESS_INTERVAL", "PROGRESS=none");
}

void warn_of_rivals(Settings& settings, SettingValues const& values)
{
    for (auto const& spec : setting_specs()) {
        if (is_secret(spec.kind) || !takes(spec_of(settings.command), spec)) { // doctor names secrets that are not used
            continue;
        }
        if (auto const value = values.find(spec.name()); value && !value->others.empty()) {
            settings.warnings.push_back(fmt::format(
                "{} is used; {} is set too, to something else.", value->origin, fmt::join(value->others, ", ")));
        }
    }
}

std::vector<std::string> misspelt_names(Command command, SettingValues const& values)
{
    auto strangers = values.variables();
    std::erase_if(strangers, [](auto const& variable) { return is_setting(variable.name); });
    bool const has_key = values.is_set(setting_spec("SUPABASE_SECRET_KEY")); // so that no other is missed
    std::vector<std::string> lines;
    for (auto const& spec : setting_specs()) {
        if (!takes(spec_of(command), spec) || (has_key && spec.name() == "SUPABASE_ANON_KEY")) {
            continue;
        }
        auto const names = names_of(spec);
        for (auto const& [name, origin] : strangers) {
            if (auto const meant = meant_by(name, names); !meant.empty() && !values.is_set(spec)) {
                lines.push_back(fmt::format("{} is no setting, so it has no effect; did you mean {}?", origin, meant));
            }
        }
    }
    return lines;
}

std::vector<std::string> hints_at_missing(Command command, SettingValues const& values)
{
    std::vector<std::string> lines;
    bool lacks_any = false;
    for (auto const& spec : setting_specs()) {
        if (!is_missing(spec, command, values)) {
            continue;
        }
        lacks_any = true;
        std::vector<std::string> akin;
        for (auto const& [name, origin] : values.variables()) {
            if (!is_setting(name) && is_akin(name, spec) && meant_by(name, names_of(spec)).empty()) {
                akin.push_back(origin);
            }
        }
        if (!akin.empty()) {
            lines.push_back(fmt::format("set, but no setting: {} (meant for {}?)", fmt::join(akin, ", "), spec.name()));
        }
    }
    for (auto const* file : {".env.local", ".env"}) {
        if (lacks_any && values.env_files().empty() && values.sources().read_file(file)) {
            lines.push_back(fmt::format("there is a {0} here: add --env-file {0}", file));
            break;
        }
    }
    return lines;
}

void warn_of_unwise_combinations(Settings& settings)
{
    if (settings.mode == Mode::incremental && settings.messages.on_conflict == supabase::OnConflict::update
        && settings.command != Command::verify) {
        settings.warnings.emplace_back(
            "ON_CONFLICT=update with MODE=incremental rewrites the newest messages only: a conversation ends at the "
            "first page without news. MODE=full rewrites all.");
    }
    if (settings.messages.key_may_change() && settings.messages.on_conflict == supabase::OnConflict::update
        && settings.command != Command::verify) {
        settings.warnings.push_back(
            fmt::format("ON_CONFLICT=update with MESSAGE_KEY={}: a message that is stored with another value in one of "
                        "these columns gets a second row.",
                fmt::join(settings.messages.key, ",")));
    }
    if (settings.command == Command::run && settings.mode == Mode::missing && settings.state_file.empty()) {
        settings.warnings.emplace_back(
            "MODE=missing without STATE_FILE: a conversation that was being stored in several parts when a run was "
            "killed passes for whole, unless 500 of its messages or more are stored. The other modes find what it "
            "lacks.");
    }
    if (settings.command == Command::run && settings.max_duration && settings.state_file.empty()
        && settings.mode == Mode::full) {
        settings.warnings.emplace_back(
            "MAX_DURATION without STATE_FILE: each run starts at the oldest conversation again, and the newest may "
            "never be reached.");
    }
}

} // namespace backfill::app
