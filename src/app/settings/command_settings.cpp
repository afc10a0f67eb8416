#include "app/settings/command_settings.hpp"

#include "app/files/rejects_file.hpp"
#include "app/settings/commands.hpp"
#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <stdexcept>

namespace backfill::app {

Command command_of(CommandLine const& line)
{
    if (line.words.empty()) {
        throw UsageError{"no command; expected " + command_names() + ", see --help"};
    }
    if (line.words.size() > 1) {
        throw UsageError{"stray argument " + printable(line.words[1], 60) + " after the command "
            + printable(line.words[0], 60) + "; see --help"};
    }
    auto const* const spec = find_command(line.words[0]);
    if (spec == nullptr) {
        throw UsageError{
            "unknown command " + printable(line.words[0], 60) + "; expected " + command_names() + ", see --help"};
    }
    return spec->command;
}

void expect_known_options(CommandLine const& line)
{
    for (auto const& [name, values] : line.options) {
        auto const& spec = setting_spec(name);
        if (!takes(*find_command(line.words[0]), spec)) {
            throw UsageError{spec.option + " is not an option of " + line.words[0] + "; see --help"};
        }
    }
}

void read_rejects(Settings& settings, SettingValues const& values, SettingSources const& sources)
{
    settings.rejects_file = text(values, "REJECTS_FILE");
    settings.rejects_with_rows = flag(values, "REJECTS_WITH_ROWS");
    bool const tries_again = settings.command == Command::run || settings.command == Command::dry_run;
    auto const file = tries_again ? values.find("FROM_REJECTS") : std::nullopt;
    if (!file) {
        return;
    }
    auto const content = sources.read_file(file->text);
    if (!content) {
        refuse(*file, "the file cannot be read");
    }
    try {
        auto const ids = conversations_of_rejects(*content);
        auto& only = settings.selection.only;
        only = only.value_or(std::vector<ConversationId>{});
        only->insert(only->end(), ids.begin(), ids.end());
        settings.mode = Mode::full; // the others pass over what is older than a stored message
    } catch (std::invalid_argument const& error) {
        refuse(*file, error.what());
    }
}

void read_verify(Settings& settings, SettingValues const& values)
{
    if (settings.command != Command::verify) {
        return;
    }
    settings.repair = flag(values, "REPAIR");
    settings.mode = Mode::full;
    settings.state_file.clear();
    settings.messages.on_conflict = supabase::OnConflict::ignore;
    if (values.find("SAMPLE")) {
        settings.selection.sample = static_cast<std::size_t>(number(values, "SAMPLE", 1, 1'000'000'000));
    }
}

void read_looking(Settings& settings, SettingValues const& values)
{
    if (settings.command != Command::status && settings.command != Command::doctor) {
        return;
    }
    settings.json = flag(values, "JSON_OUTPUT");
    settings.list = flag(values, "LIST_CONVERSATIONS");
    if (values.find("WATCH_INTERVAL")) {
        constexpr long long kDay = 86'400;
        settings.watch = std::chrono::seconds{number(values, "WATCH_INTERVAL", 1, kDay)};
    }
}

} // namespace backfill::app
