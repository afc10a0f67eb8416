#include "app/cli/completions.hpp"

#include "app/cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
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

std::string joined(std::vector<std::string> const& words, std::string_view between = " ")
{
    return fmt::format("{}", fmt::join(words, between));
}

std::vector<std::string> names(std::vector<SettingSpec> const& specs)
{
    std::vector<std::string> words;
    for (auto const& spec : specs) {
        if (spec.short_option != '\0') {
            words.push_back(fmt::format("-{}", spec.short_option));
        }
        words.push_back(spec.option);
    }
    return words;
}

/// `text` with `with` before each of `characters`.
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

/// Takes a value that no shell can guess.
bool is_free(SettingSpec const& spec)
{
    return !is_file(spec) && spec.kind != SettingKind::flag && spec.choices.empty();
}

std::string bash()
{
    std::ostringstream out;
    out << R"(# bash completion for freshchat-backfill, made by freshchat-backfill --completion=bash
_freshchat_backfill() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' options i
  # --pace=ad comes as three words.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  case $prev in
)";
    for (auto const& spec : options(nullptr, [](auto const& s) { return !s.choices.empty(); })) {
        out << "    " << spec.option << ") mapfile -t COMPREPLY < <(compgen -W "
            << quoted(joined(words_of(spec.choices))) << " -- \"$cur\"); return ;;\n";
    }
    out << "    " << joined(names(options(nullptr, is_file)), "|") << R"()
      if declare -F _filedir >/dev/null; then _filedir; return; fi
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return ;;
    )" << joined(names(options(nullptr, is_free)), "|")
        << R"() return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      )" << joined(command_names(), "|")
        << R"() command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
)";
    for (auto const& command : command_specs()) {
        out << "    " << command.name << ") options=" << quoted(joined(names(options(&command)))) << " ;;\n";
    }
    out << "    *) options=" << quoted(joined(names(options(nullptr)))) << R"( ;;
  esac
  if [[ -z $command && $cur != -* ]]; then options=)"
        << quoted(joined(command_names())) << R"(; fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
}
complete -F _freshchat_backfill freshchat-backfill)";
    return out.str();
}

/// One option as _arguments wants it.
std::string zsh_option(SettingSpec const& spec)
{
    auto const meaning = "[" + escaped(description(spec), "[]\\") + "]";
    bool const ends_it = spec.variables.empty() && !is_file(spec); // --help and the like stand alone
    std::string const before = ends_it ? "(- *)" : spec.kind == SettingKind::list ? "*" : "";
    if (spec.short_option != '\0') {
        auto const both = fmt::format("(-{} {})", spec.short_option, spec.option);
        return quoted(ends_it ? before : both) + fmt::format("{{-{},{}}}", spec.short_option, spec.option)
            + quoted(meaning);
    }
    auto const value = is_file(spec) ? ":file:_files"
        : !spec.choices.empty()      ? ":value:(" + joined(words_of(spec.choices)) + ")"
        : is_free(spec)              ? ":value: "
                                     : "";
    return quoted(before + spec.option + (spec.kind == SettingKind::flag ? "" : "=") + meaning + value);
}

std::string zsh()
{
    std::ostringstream out;
    auto const write_options = [&](std::string const& pattern, CommandSpec const* command) {
        out << "    (" << pattern << ")\n      options=(\n";
        for (auto const& spec : options(command)) {
            out << "        " << zsh_option(spec) << "\n";
        }
        out << "      ) ;;\n";
    };
    out << R"(#compdef freshchat-backfill
# zsh completion for freshchat-backfill, made by freshchat-backfill --completion=zsh
_freshchat-backfill() {
  local word command
  local -a options commands
  commands=(
)";
    for (auto const& command : command_specs()) {
        out << "    " << quoted(command.name + ":" + escaped(command.meaning, "\\:")) << "\n";
    }
    out << R"(  )
  for word in ${words[2,CURRENT-1]}; do
    case $word in ()"
        << joined(command_names(), "|") << R"() command=$word; break ;; esac
  done
  case $command in
)";
    for (auto const& command : command_specs()) {
        write_options(command.name, &command);
    }
    write_options("*", nullptr);
    out << R"(  esac
  _arguments -s -S : $options '1:command:{_describe command commands}'
}
if [[ $funcstack[1] == _freshchat-backfill ]]; then
  _freshchat-backfill "$@"
else
  compdef _freshchat-backfill freshchat-backfill
fi)";
    return out.str();
}

std::string fish()
{
    constexpr std::string_view kSeen = "__fish_seen_subcommand_from ";
    auto const fish_quoted = [](std::string const& text) { return "'" + escaped(text, "'\\") + "'"; };
    std::string out = "# fish completion for freshchat-backfill, made by freshchat-backfill --completion=fish\n"
                      "complete -c freshchat-backfill -f";
    for (auto const& command : command_specs()) {
        out += fmt::format("\ncomplete -c freshchat-backfill -n 'not {}{}' -a {} -d {}", kSeen, joined(command_names()),
            command.name, fish_quoted(command.meaning));
    }
    for (auto const& spec : options(nullptr)) {
        auto const others = command_names([&](auto const& one) { return !takes(one, spec); });
        out += "\ncomplete -c freshchat-backfill";
        out += others.empty() ? "" : fmt::format(" -n 'not {}{}'", kSeen, joined(others));
        out += spec.short_option == '\0' ? "" : fmt::format(" -s {}", spec.short_option);
        out += " -l " + spec.option.substr(2);
        out += spec.kind == SettingKind::flag ? "" : is_file(spec) ? " -r -F" : " -x";
        out += spec.choices.empty() ? "" : " -a " + fish_quoted(joined(words_of(spec.choices)));
        out += " -d " + fish_quoted(description(spec));
    }
    return out;
}

} // namespace

std::string completion_script(Shell shell)
{
    return shell == Shell::bash ? bash() : shell == Shell::zsh ? zsh() : fish();
}

} // namespace backfill::app
