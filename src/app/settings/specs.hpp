#pragma once

#include "backfill/supabase/message_table.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace backfill::app {

enum class Command {
    run,
    dry_run,
    verify, ///< compares the ids of both sides, conversation by conversation
    config, ///< shows the settings; sends nothing
    status, ///< counts what the tables hold
    doctor, ///< checks settings and both sides
    schema, ///< prints the SQL of both tables; sends nothing
};
enum class OnNotFound { fail, ignore };
enum class Pace { fixed, adaptive };

enum class LogFormat { text, json };
enum class NotifyOn { failure, always };
enum class ProgressStyle {
    automatic, ///< a rewritten line on a terminal, else plain lines
    plain,
    none,
};

/// Which Freshchat calls a run may spare.
enum class Mode {
    full,        ///< none: every page of every conversation
    incremental, ///< a walk ends at a page with a stored message on which every other one is stored or excluded
    missing,     ///< conversations with a stored message are skipped
};

enum class Shell { bash, zsh, fish };

/// One word that a setting accepts, and its meaning.
struct Choice {
    std::string word; ///< lower case
    std::variant<LogFormat, ProgressStyle, NotifyOn, Pace, Mode, OnNotFound, OtherParts, supabase::OnConflict, Shell>
        value;
};

enum class SettingKind {
    text,
    number,       ///< whole
    fraction,     ///< "0.9"
    milliseconds, ///< "1500ms", "2s"; a number alone is milliseconds
    duration,     ///< "90s", "15m", "2h"; a number alone is seconds
    choice,       ///< one of `choices`
    file,         ///< a path
    url,          ///< may carry a password, so an invalid one is never printed
    list,         ///< the option may be repeated
    flag,         ///< the option takes no value
    secret,       ///< no option; `NAME_FILE` names a file that holds it
    secret_url,   ///< the same, with the letters of URLs
};

constexpr bool is_secret(SettingKind kind)
{
    return kind == SettingKind::secret || kind == SettingKind::secret_url;
}

enum class Need { optional, required, one_key };

/// What a number may be, both ends included, in the unit of its kind: durations in seconds.
struct Range {
    double low = 0;
    double high = 0;
};

/// One row of the table of settings. The command line, the environment, the readers, the help, the manual, the
/// completions and the documents follow it.
struct SettingSpec {
    std::vector<std::string> variables; ///< the first one that is set wins; the first is the setting's name
    std::string option;                 ///< with dashes; empty = none
    SettingKind kind;
    std::string fallback;            ///< the default as text; empty = unset
    std::string meaning;             ///< Markdown, as far as `code` goes; says nothing of range, need and commands
    std::vector<Command> commands{}; ///< that take it; empty = all
    Range range{};
    std::vector<Choice> choices{};
    std::string page{}; ///< of docs/, that says more
    Need need = Need::optional;
    char short_option = '\0';

    std::string const& name() const { return variables.front(); }
};

std::vector<SettingSpec> const& setting_specs();

/// As the help and the documents show the settings; each is in one of them.
struct SettingGroup {
    std::string title;
    std::vector<std::string> names;
};
std::vector<SettingGroup> const& setting_groups();

/// The row of that name. Throws std::logic_error when there is none.
SettingSpec const& setting_spec(std::string const& name);

/// Options that are no settings: they have no variable.
std::vector<SettingSpec> const& plain_options();

/// The shells of --completion.
std::vector<Choice> const& shells();

// Commands are in specs_commands.cpp.

/// One row of the table of commands: the command line, the help, the manual and the completions follow it.
struct CommandSpec {
    Command command;
    std::string name;
    std::string meaning; ///< one line, for the list of commands
    std::string details; ///< what it does and leaves alone, in sentences, for its own help and the manual
};

std::vector<CommandSpec> const& command_specs();

CommandSpec const& spec_of(Command command);

/// Null when there is none of that name.
CommandSpec const* find_command(std::string const& name);

/// Of all commands, or of those that are `wanted`.
std::vector<std::string> command_names(std::function<bool(CommandSpec const&)> const& wanted = {});

/// Whether the command takes the setting's option; it ignores the variable of a setting it does not take. `config`
/// takes what run, dry-run and verify take.
bool takes(CommandSpec const& command, SettingSpec const& setting);

/// "1-1000", "0-3600000 ms", "1s-24h"; empty without a range.
std::string range_text(SettingSpec const& spec);

/// "1s to 10m", "0 to 1h": the ends of a range of times in `unit`, each in the largest unit that it fills.
std::string time_range_text(Range const& range, std::chrono::milliseconds unit, std::string const& between);

/// Of the variables that set it: NAME, and NAME_FILE of a secret.
std::vector<std::string> names_of(SettingSpec const& spec);

/// Whether a variable of that name sets one of them.
bool is_setting(std::string_view variable);

std::vector<std::string> words_of(std::vector<Choice> const& choices);

/// The choice of that word, in upper or lower case; null when there is none.
Choice const* find_choice(std::vector<Choice> const& choices, std::string const& word);

} // namespace backfill::app
