#include "app/settings/commands.hpp"

#include <algorithm>

namespace backfill::app {

std::vector<CommandSpec> const& command_specs()
{
    static std::vector<CommandSpec> const specs{
        {Command::run, "run", "fetch the messages of every conversation and store those that are missing",
            "Reads the conversations from Supabase, oldest first, fetches all messages of each from Freshchat, and "
            "stores those that the table lacks. Stored rows stay as they are, unless ON_CONFLICT=update. A second run "
            "finds nothing to do; a run that was stopped is completed by the next one."},
        {Command::dry_run, "dry-run", "read both sides and say what a run would store; writes nothing",
            "Does everything that run does except storing: it sends only GET to both sides, and counts what a run "
            "would insert."},
        {Command::verify, "verify", "compare the ids of both sides and list what is missing and what is surplus",
            "Reads both sides as run does and compares the ids, conversation by conversation. It names missing "
            "messages, and surplus ones that Freshchat does not have. With --repair it stores what is missing; it "
            "never deletes rows. It ends with 3 when the sides differ. It ignores MODE, ON_CONFLICT and STATE_FILE."},
        {Command::config, "config", "show every setting, its value and where it comes from; sends nothing",
            "Shows the settings as run, dry-run and verify would read them: name, value and origin, which is an "
            "option, a variable, a secret's file, the env file, or the default. Of a secret it shows only that it is "
            "set, and roughly how long it is. It checks all of them, sends nothing, and ends with 2 when a required "
            "one is unset or one is wrong."},
        {Command::status, "status", "say what the tables hold; needs no Freshchat, works during a run",
            "Counts messages and conversations in Supabase, finds the oldest and newest message, the smallest and "
            "largest conversation, and the conversations without messages. It sends only GET, needs no FRESHCHAT "
            "setting, and may be used during a run. Each time costs about a call per 1000 messages."},
        {Command::doctor, "doctor", "check settings, keys, tables and both sides, and say what to do",
            "Checks the settings and both sides with a handful of calls, each made once, and says what to do about "
            "each finding. It stores nothing: one of its calls to Supabase is the upsert of no rows that a run begins "
            "with. It ends with 1 when a check failed."},
    };
    return specs;
}

CommandSpec const* find_command(std::string const& name)
{
    auto const& specs = command_specs();
    auto const found = std::ranges::find(specs, name, &CommandSpec::name);
    return found == specs.end() ? nullptr : &*found;
}

std::string command_names()
{
    auto const& specs = command_specs();
    std::string names;
    for (auto const& spec : specs) {
        names += names.empty() ? "" : &spec == &specs.back() ? " or " : ", ";
        names += spec.name;
    }
    return names;
}

bool takes(CommandSpec const& command, SettingSpec const& setting)
{
    auto const is_for = [&](Command one) {
        return setting.commands.empty() || std::ranges::find(setting.commands, one) != setting.commands.end();
    };
    return command.command == Command::config ? is_for(Command::run) || is_for(Command::verify)
                                              : is_for(command.command);
}

} // namespace backfill::app
