#include "app/settings/specs.hpp"

#include <algorithm>

namespace backfill::app {

std::vector<CommandSpec> const& command_specs()
{
    static std::vector<CommandSpec> const specs{
        {Command::run, "run", "fetch all messages and store those that are missing",
            "Reads the conversations from Supabase, oldest first, fetches all messages of each from Freshchat, and "
            "stores those that the table lacks. Stored rows stay as they are, unless ON_CONFLICT=update. A second run "
            "finds nothing to do; a run that was stopped is completed by the next one."},
        {Command::dry_run, "dry-run", "say what a run would store; writes nothing",
            "Does everything that run does except storing: it sends only GET to both sides, and counts what a run "
            "would insert."},
        {Command::verify, "verify", "compare both sides, id by id; with --repair store what is missing",
            "Reads both sides as run does and compares the ids, conversation by conversation. It names missing "
            "messages, and surplus ones that Freshchat does not have. With --repair it stores what is missing; it "
            "never deletes rows. It ends with 3 when the sides differ. It ignores MODE and ON_CONFLICT, and of "
            "STATE_FILE all but the "
            "marks of conversations that --repair stores in several parts."},
        {Command::config, "config", "show every setting and where it comes from; sends nothing",
            "Shows the settings as run, dry-run and verify would read them: name, value and origin, which is an "
            "option, a variable, a secret's file, the env file, or the default. Of a secret it shows only that it is "
            "set, and roughly how long it is. It checks all of them, sends nothing, and ends with 2 when a required "
            "one is unset or one is wrong."},
        {Command::status, "status", "say what the tables hold; needs no Freshchat",
            "Counts messages and conversations in Supabase, finds the oldest and newest message, the smallest and "
            "largest conversation, and the conversations without messages. It sends only GET, needs no FRESHCHAT "
            "setting, and may be used during a run. Each time costs about a call per 1000 messages."},
        {Command::doctor, "doctor", "check settings, keys, tables and both sides; say what to do",
            "Checks the settings and both sides with a handful of calls, each made once, and says what to do about "
            "each finding. It stores nothing: one of its calls to Supabase is the upsert of no rows that a run begins "
            "with. It ends with 1 when a check failed."},
        {Command::schema, "schema", "print the SQL that makes both tables; sends nothing",
            "Prints what a run needs in the database, by the settings of tables, columns and key: tables, unique key, "
            "indexes, grants and row-level security, as SQL for Supabase's SQL editor or psql. It makes what is "
            "missing and drops nothing, so it may be executed again. No token, URL or key is needed; where the only "
            "key is an anon key, grants and policies are for its role."},
    };
    return specs;
}

CommandSpec const& spec_of(Command command)
{
    return *std::ranges::find(command_specs(), command, &CommandSpec::command);
}

CommandSpec const* find_command(std::string const& name)
{
    auto const& specs = command_specs();
    auto const found = std::ranges::find(specs, name, &CommandSpec::name);
    return found == specs.end() ? nullptr : &*found;
}

std::vector<std::string> command_names(std::function<bool(CommandSpec const&)> const& wanted)
{
    std::vector<std::string> names;
    for (auto const& spec : command_specs()) {
        if (!wanted || wanted(spec)) {
            names.push_back(spec.name);
        }
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
