#include "app/commands.hpp"
#include "app/completions.hpp"
#include "app/help.hpp"
#include "app/man_page.hpp"
#include "app/setting_specs.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

using namespace backfill::app;

namespace {

using Names = std::set<std::string>;

std::string file_of_tree(std::string const& path)
{
    std::ifstream file{TEST_DIR "/../" + path};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    CAPTURE(path);
    REQUIRE_FALSE(text.empty());
    return text;
}

/// What the pattern's first group matches, each once.
Names found(std::string const& text, std::string const& pattern)
{
    std::regex const compiled{pattern};
    Names names;
    for (std::sregex_iterator at{text.begin(), text.end(), compiled}; at != std::sregex_iterator{}; ++at) {
        names.insert(at->str(1));
    }
    return names;
}

constexpr auto* kOption = "(?:^|[^-a-z0-9])(--[a-z][a-z0-9-]*[a-z0-9])";
constexpr auto* kVariable = "(?:^|[^A-Za-z0-9_])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?![a-z])"; // with a _ in it

Names without(Names names, Names const& others)
{
    for (auto const& other : others) {
        names.erase(other);
    }
    return names;
}

Names options_of(std::vector<SettingSpec> const& specs)
{
    Names names;
    for (auto const& spec : specs) {
        if (!spec.option.empty()) {
            names.insert(spec.option);
        }
    }
    return names;
}

/// Names of settings, and of what names a secret's file.
Names variables()
{
    Names names;
    for (auto const& spec : setting_specs()) {
        for (auto const& variable : spec.variables) {
            names.insert(variable);
            if (spec.kind == SettingKind::secret) {
                names.insert(variable + "_FILE");
            }
        }
    }
    return names;
}

Names const kOthersVariables{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "JOB_COMPLETION_INDEX", "NAME_FILE"};

/// The line of README's settings table that names the variable.
std::string table_row(std::string const& readme, std::string const& variable)
{
    auto const begin = readme.find("\n| `" + variable + "`");
    auto const inside = begin == std::string::npos ? readme.find("`" + variable + "`") : begin + 1;
    if (inside == std::string::npos) {
        return {};
    }
    auto const start = readme.rfind('\n', inside) + 1;
    return readme.substr(start, readme.find('\n', inside) - start);
}

} // namespace

TEST_CASE("README's settings table names every variable, option and default of the program")
{
    auto const readme = file_of_tree("README.md");
    for (auto const& spec : setting_specs()) {
        for (auto const& variable : spec.variables) {
            auto const row = table_row(readme, variable);
            CAPTURE(variable, row);
            CHECK(row.starts_with("| `"));
            CHECK((spec.option.empty() || row.find("`" + spec.option + "`") != std::string::npos));
            CHECK((spec.fallback.empty() || row.find(spec.fallback) != std::string::npos));
            CHECK((spec.need == Need::optional || row.find("required |") != std::string::npos));
        }
    }
}

TEST_CASE("README names no setting, option or command that the program does not have")
{
    auto const readme = file_of_tree("README.md");
    // Of docker, cmake, cpack and the project's own scripts.
    Names const others{"--rm", "--read-only", "--cap-drop", "--preset", "--build", "--keep"};
    CHECK(without(found(readme, kOption), options_of(settings_of(nullptr))) == others);
    CHECK(without(without(found(readme, kVariable), variables()), kOthersVariables)
        == Names{"CONVERSATION_ID", "NEXT_PUBLIC", "NO_COLOR"});
    auto const table =
        readme.substr(readme.find("\n## Settings"), readme.find("\n## Exit codes") - readme.find("\n## Settings"));
    for (auto const& name : found(table, "\\n\\| `([A-Z0-9_]+)`")) {
        CAPTURE(name);
        CHECK(variables().contains(name));
    }
    for (auto const& word : found(readme, "freshchat-backfill ([a-z]+(?:-[a-z]+)?)\\b")) {
        CAPTURE(word);
        CHECK(find_command(word) != nullptr);
    }
    for (auto const& command : command_specs()) {
        CAPTURE(command.name);
        CHECK(found(readme, "[ `](" + command.name + ")[ `]") == Names{command.name});
    }
}

TEST_CASE("what users deploy with names no setting or command that the program does not have")
{
    // Of systemd, Compose, GitHub Actions and the files' own.
    Names const others{"BACKFILL_USER", "AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"};
    for (auto const* path : {"docs/deployment.md", "docs/monitoring.md", "docs/architecture.md", "scripts/compose.yaml",
             "scripts/cronjob.yaml", "scripts/indexedjob.yaml", "scripts/crontab.example",
             "scripts/freshchat-backfill.service", "scripts/settings.env", "scripts/github-workflow.yaml"}) {
        auto const text = file_of_tree(path);
        CAPTURE(path);
        CHECK(without(without(without(found(text, kVariable), variables()), kOthersVariables), others) == Names{});
        for (auto const& word : found(text, "(?:args: \\[|command: \\[|ExecStart=freshchat-backfill )([a-z-]+)")) {
            CAPTURE(word);
            CHECK(find_command(word) != nullptr);
        }
    }
}

TEST_CASE("README's table of exit codes is the program's")
{
    auto const readme = file_of_tree("README.md");
    auto const begin = readme.find("\n## Exit codes");
    auto const section = readme.substr(begin, readme.find("\n## ", begin + 1) - begin);
    Names codes;
    for (auto const& row : exit_code_specs()) {
        codes.insert(row.codes);
        CHECK(help_text().find("\n  " + row.codes + " ") != std::string::npos);
    }
    CHECK(found(section, "\\n\\| ([0-9, ]+) \\|") == codes);
}

TEST_CASE("the help and the manual name every setting, option, default and command, and no other")
{
    for (auto const& text : {help_text(), std::regex_replace(man_page(), std::regex{R"(\\f[BIR]|\\(-))"}, "$1")}) {
        CHECK(found(text, kOption) == options_of(settings_of(nullptr)));
        CHECK(without(without(found(text, kVariable), variables()), kOthersVariables).empty());
        for (auto const& spec : setting_specs()) {
            for (auto const& variable : spec.variables) {
                CAPTURE(variable);
                CHECK(found(text, "(?:^|[^A-Z_])(" + variable + ")(?![A-Z_])").size() == 1);
            }
            CHECK((spec.fallback.empty() || text.find(spec.fallback) != std::string::npos));
        }
        for (auto const& command : command_specs()) {
            CHECK(found(text, "\\n *(" + command.name + ")\\s").size() == 1);
        }
    }
}

TEST_CASE("the help of a command names the options that it takes, and no other")
{
    for (auto const& command : command_specs()) {
        auto const text = help_text(&command);
        auto const options = text.substr(text.find("\nSettings "));
        CAPTURE(command.name);
        CHECK(found(options, kOption) == options_of(settings_of(&command)));
        CHECK(text.starts_with("freshchat-backfill " + command.name + ": " + command.meaning));
    }
    CHECK_FALSE(options_of(settings_of(find_command("run"))).contains("--repair"));
    CHECK(options_of(settings_of(find_command("verify"))).contains("--repair"));
    CHECK(options_of(settings_of(find_command("config"))).contains("--repair"));
}

TEST_CASE("the completions know every option, choice and command, and no other option")
{
    auto const options = options_of(settings_of(nullptr));
    for (auto const* shell : {"bash", "zsh", "fish"}) {
        auto const text = completion_script(shell);
        CAPTURE(shell);
        auto names = found(text, kOption);
        if (shell == std::string{"fish"}) {
            names.clear();
            for (auto const& name : found(text, " -l ([a-z][a-z-]+)")) {
                names.insert("--" + name);
            }
        }
        CHECK(without(names, {"--completion"}) == without(options, {"--completion"}));
        for (auto const& command : command_specs()) {
            CHECK(text.find(command.name) != std::string::npos);
        }
        for (auto const& spec : setting_specs()) {
            for (auto const& choice : spec.choices) {
                CHECK(found(text, "['( ](" + choice + ")[') ]").size() == 1);
            }
        }
    }
}

TEST_CASE("settings with choices have a default among them, and no other setting has choices")
{
    for (auto const& spec : setting_specs()) {
        CAPTURE(spec.variables.front());
        CHECK((spec.kind == SettingKind::choice) == !spec.choices.empty());
        CHECK((spec.choices.empty() || std::ranges::find(spec.choices, spec.fallback) != spec.choices.end()));
        CHECK((spec.kind == SettingKind::secret) == spec.option.empty());
    }
}
