#include "app/settings/notices.hpp"

#include "app/settings/keys.hpp"
#include "app/settings/readers.hpp"
#include "app/settings/refusals.hpp"

#include "backfill/core/errors.hpp"

#include <algorithm>
#include <functional>

namespace backfill::app {
namespace {

using OptionsFor = std::function<http::TransportOptions(http::Endpoint const&)>;

/// Its end is told; doctor and config only look at the URLs.
bool is_run(Command command)
{
    return command == Command::run || command == Command::dry_run || command == Command::verify;
}

/// Nothing when it is unset, or not the command's.
std::optional<SettingValue> find_for(Command command, SettingValues const& values, std::string const& name)
{
    return takes(spec_of(command), setting_spec(name)) ? values.find(name) : std::nullopt;
}

SecretUrl secret_url(SettingValues const& values, SettingValue const& value, OptionsFor const& options)
{
    auto const parsed = url(values, value, "what is secret in it", "the whole URL, e.g. https://example.com/ping/UUID");
    Secret const whole{value.text}; // from now on masked where a server echoes it
    return {parsed.endpoint, Secret{parsed.target}, options(parsed.endpoint)};
}

/// With what can be read of CA_FILE and the proxies.
http::TransportOptions options_despite_refusal(SettingValues const& values, http::Endpoint const& endpoint)
{
    http::TransportOptions options;
    options.proxy = proxy(values, endpoint);
    Refusals told; // on standard error
    told.of([&] {
        if (auto const file = values.find("CA_FILE")) {
            content(values, *file);
            options.ca_file = file->text;
        }
    });
    return options;
}

/// The command and the env files, where the rest of the command line cannot be understood.
CommandLine readable_part(std::vector<std::string> const& arguments)
{
    std::optional<CommandLine> whole;
    Refusals told;
    told.of([&] { whole = read_command_line(arguments); });
    if (whole) {
        return *std::move(whole);
    }
    constexpr std::string_view kEnvFile = "--env-file";
    CommandLine line;
    for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
        if (find_command(*argument) != nullptr) {
            line.words.push_back(*argument);
        } else if (*argument == kEnvFile && std::next(argument) != arguments.end()) {
            line.env_files.push_back(*++argument);
        } else if (argument->starts_with(std::string{kEnvFile} + "=")) {
            line.env_files.push_back(argument->substr(kEnvFile.size() + 1));
        }
    }
    return line;
}

SettingValues readable_values(CommandLine line, SettingSources const& sources)
{
    try {
        return SettingValues{line, sources};
    } catch (UsageError const&) {
        line.env_files.clear();
        return SettingValues{std::move(line), sources};
    }
}

} // namespace

NoticeSettings notice_settings(Command command, SettingValues const& values, std::vector<std::string>& warnings)
{
    NoticeSettings notices;
    Refusals refusals;
    auto const read = [&](std::string const& name, std::optional<SecretUrl>& to) {
        refusals.of([&] {
            if (auto const value = find_for(command, values, name)) {
                warn_if_exposed(*value, warnings);
                to = secret_url(
                    values, *value, [&](auto const& endpoint) { return transport_options(values, endpoint); });
            }
        });
    };
    read("HEALTHCHECK_URL", notices.healthcheck);
    read("NOTIFY_URL", notices.webhook);
    if (takes(spec_of(command), setting_spec("NOTIFY_ON"))) {
        refusals.of([&] { notices.notify_on = choice<NotifyOn>(values, "NOTIFY_ON"); });
    }
    refusals.throw_if_any();
    return notices;
}

std::optional<NoticesOfRefusal> notices_of_refusal(
    std::vector<std::string> const& arguments, SettingSources const& sources)
{
    auto line = readable_part(arguments);
    auto const* const spec = line.words.empty() ? nullptr : find_command(line.words.front());
    if (spec == nullptr || !is_run(spec->command)) {
        return std::nullopt;
    }
    NoticesOfRefusal told{spec->command, {}};
    auto const values = readable_values(std::move(line), sources);
    Refusals refused; // among those that are told on standard error
    auto const read = [&](std::string const& name, std::optional<SecretUrl>& to) {
        refused.of([&] {
            if (auto const value = find_for(spec->command, values, name)) {
                to = secret_url(
                    values, *value, [&](auto const& endpoint) { return options_despite_refusal(values, endpoint); });
            }
        });
    };
    read("HEALTHCHECK_URL", told.notices.healthcheck);
    read("NOTIFY_URL", told.notices.webhook);
    return told;
}

} // namespace backfill::app
