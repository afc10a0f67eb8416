#include "names.hpp"

#include "app/commands.hpp"
#include "app/completions.hpp"
#include "app/help.hpp"
#include "app/man_page.hpp"

#include <catch2/catch.hpp>

using namespace backfill::app;
using namespace backfill::test;

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
