#include "app/cli/completions.hpp"

#include "app/cli/help.hpp"

#include <algorithm>
#include <functional>
#include <sstream>

namespace backfill::app {
namespace {

using Filter = std::function<bool(SettingSpec const&)>;

std::vector<SettingSpec> options(CommandSpec const* command, Filter const& wanted = {})
{
    auto found = settings_of(command);
    std::erase_if(found, [&](auto const& spec) { return spec.option.empty() || (wanted && !wanted(spec)); });
    return found;
}

std::string joined(std::vector<std::string> const& words, std::string const& between)
{
    std::string text;
    for (auto const& word : words) {
        text += (text.empty() ? "" : between) + word;
    }
    return text;
}

std::vector<std::string> names(std::vector<SettingSpec> const& specs)
{
    std::vector<std::string> words;
    for (auto const& spec : specs) {
        if (spec.short_option != '\0') {
            words.push_back(std::string{"-"} + spec.short_option);
        }
        words.push_back(spec.option);
    }
    return words;
}

std::vector<std::string> all_commands()
{
    std::vector<std::string> words;
    std::ranges::transform(command_specs(), std::back_inserter(words), &CommandSpec::name);
    return words;
}

/// The same text with a backslash, or what else is given, before each of the characters.
std::string escaped(std::string const& text, std::string const& characters, std::string const& with = "\\")
{
    std::string result;
    for (char const c : text) {
        result += (characters.find(c) == std::string::npos ? "" : with) + c;
    }
    return result;
}

/// Inside single quotes of a POSIX shell.
std::string quoted(std::string const& text)
{
    return "'" + escaped(text, "'", "'\\'") + "'";
}

bool is_file(SettingSpec const& spec)
{
    return spec.kind == SettingKind::file;
}

bool is_free(SettingSpec const& spec)
{
    return spec.kind == SettingKind::value || spec.kind == SettingKind::list || spec.kind == SettingKind::url;
}

std::string bash()
{
    std::ostringstream out;
    out << "# bash completion for freshchat-backfill, made by freshchat-backfill --completion=bash\n"
        << "_freshchat_backfill() {\n"
        << "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' options i\n"
        << "  # --pace=ad comes as three words.\n"
        << "  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        << "  COMPREPLY=()\n"
        << "  case $prev in\n";
    for (auto const& spec : options(nullptr, [](auto const& s) { return !s.choices.empty(); })) {
        out << "    " << spec.option << ") mapfile -t COMPREPLY < <(compgen -W " << quoted(joined(spec.choices, " "))
            << " -- \"$cur\"); return ;;\n";
    }
    out << "    " << joined(names(options(nullptr, is_file)), "|") << ")\n"
        << "      if declare -F _filedir >/dev/null; then _filedir; return; fi\n"
        << "      compopt -o filenames\n"
        << "      mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
        << "      return ;;\n"
        << "    " << joined(names(options(nullptr, is_free)), "|") << ") return ;;\n"
        << "  esac\n"
        << "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
        << "    case ${COMP_WORDS[i]} in\n"
        << "      " << joined(all_commands(), "|") << ") command=${COMP_WORDS[i]}; break ;;\n"
        << "    esac\n"
        << "  done\n"
        << "  case $command in\n";
    for (auto const& command : command_specs()) {
        out << "    " << command.name << ") options=" << quoted(joined(names(options(&command)), " ")) << " ;;\n";
    }
    out << "    *) options=" << quoted(joined(names(options(nullptr)), " ")) << " ;;\n"
        << "  esac\n"
        << "  if [[ -z $command && $cur != -* ]]; then options=" << quoted(joined(all_commands(), " ")) << "; fi\n"
        << "  mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
        << "}\n"
        << "complete -F _freshchat_backfill freshchat-backfill";
    return out.str();
}

/// One option as _arguments wants it.
std::string zsh_option(SettingSpec const& spec)
{
    auto const meaning = "[" + escaped(spec.meaning, "[]\\") + "]";
    bool const ends_it = spec.variables.empty() && spec.kind != SettingKind::file; // --help and its like stand alone
    auto text = ends_it ? std::string{"(- *)"} : spec.kind == SettingKind::list ? std::string{"*"} : std::string{};
    if (spec.short_option != '\0') {
        auto const both = std::string{"-"} + spec.short_option + " " + spec.option;
        return quoted(ends_it ? text : "(" + both + ")") + "{-" + spec.short_option + "," + spec.option + "}"
            + quoted(meaning);
    }
    text += spec.option + (spec.kind == SettingKind::flag ? "" : "=") + meaning;
    if (is_file(spec)) {
        text += ":file:_files";
    } else if (!spec.choices.empty()) {
        text += ":value:(" + joined(spec.choices, " ") + ")";
    } else if (spec.kind != SettingKind::flag) {
        text += ":value: ";
    }
    return quoted(text);
}

std::string zsh()
{
    std::ostringstream out;
    auto const write_options = [&](CommandSpec const* command) {
        out << "      options=(\n";
        for (auto const& spec : options(command)) {
            out << "        " << zsh_option(spec) << "\n";
        }
        out << "      ) ;;\n";
    };
    out << "#compdef freshchat-backfill\n"
        << "# zsh completion for freshchat-backfill, made by freshchat-backfill --completion=zsh\n"
        << "_freshchat-backfill() {\n"
        << "  local word command\n"
        << "  local -a options commands\n"
        << "  commands=(\n";
    for (auto const& command : command_specs()) {
        out << "    " << quoted(command.name + ":" + escaped(command.meaning, "\\:")) << "\n";
    }
    out << "  )\n"
        << "  for word in ${words[2,CURRENT-1]}; do\n"
        << "    case $word in (" << joined(all_commands(), "|") << ") command=$word; break ;; esac\n"
        << "  done\n"
        << "  case $command in\n";
    for (auto const& command : command_specs()) {
        out << "    (" << command.name << ")\n";
        write_options(&command);
    }
    out << "    (*)\n";
    write_options(nullptr);
    out << "  esac\n"
        << "  _arguments -s -S : $options '1:command:{_describe command commands}'\n"
        << "}\n"
        << "if [[ $funcstack[1] == _freshchat-backfill ]]; then\n"
        << "  _freshchat-backfill \"$@\"\n"
        << "else\n"
        << "  compdef _freshchat-backfill freshchat-backfill\n"
        << "fi";
    return out.str();
}

std::string fish()
{
    std::ostringstream out;
    auto const seen = "__fish_seen_subcommand_from ";
    auto const fish_quoted = [](std::string const& text) { return "'" + escaped(text, "'\\") + "'"; };
    out << "# fish completion for freshchat-backfill, made by freshchat-backfill --completion=fish\n"
        << "complete -c freshchat-backfill -f\n";
    for (auto const& command : command_specs()) {
        out << "complete -c freshchat-backfill -n 'not " << seen << joined(all_commands(), " ") << "' -a "
            << command.name << " -d " << fish_quoted(command.meaning) << "\n";
    }
    for (auto const& spec : options(nullptr)) {
        std::vector<std::string> others; // commands that do not take it
        for (auto const& command : command_specs()) {
            if (!spec.variables.empty() && !takes(command, spec)) {
                others.push_back(command.name);
            }
        }
        out << "complete -c freshchat-backfill"
            << (others.empty() ? "" : " -n 'not " + (seen + joined(others, " ")) + "'");
        if (spec.short_option != '\0') {
            out << " -s " << spec.short_option;
        }
        out << " -l " << spec.option.substr(2)
            << (spec.kind == SettingKind::flag ? ""
                       : is_file(spec)         ? " -r -F"
                                               : " -x")
            << (spec.choices.empty() ? "" : " -a " + fish_quoted(joined(spec.choices, " "))) << " -d "
            << fish_quoted(spec.meaning) << "\n";
    }
    auto text = out.str();
    text.pop_back();
    return text;
}

} // namespace

std::string completion_script(std::string const& shell)
{
    return shell == "bash" ? bash() : shell == "zsh" ? zsh() : fish();
}

} // namespace backfill::app
