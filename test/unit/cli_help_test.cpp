#include "names.hpp"

#include "app/cli/completions.hpp"
#include "app/cli/help.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("the manual names every setting, option, default and command, and no other")
{
    auto const text = std::regex_replace(man_page(), std::regex{R"(\\f[BIR]|\\(-))"}, "$1");
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

TEST_CASE("the help fits a screen, with the commands, what is required, examples and the exit codes")
{
    auto const text = help_text();
    CHECK(std::ranges::count(text, '\n') < 40);
    for (auto const& command : command_specs()) {
        CHECK(text.find("\n  " + command.name + " ") != std::string::npos);
    }
    for (auto const* name : {"FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SECRET_KEY"}) {
        CHECK(text.find(name) != std::string::npos);
    }
    CHECK(without(found(text, kOption), options_of(settings_of(nullptr))).empty());
    for (auto const& row : exit_code_texts()) {
        CHECK(text.find("\n  " + row.codes + " ") != std::string::npos);
    }
}

TEST_CASE("each setting is in one group")
{
    std::multiset<std::string> grouped;
    for (auto const& group : setting_groups()) {
        grouped.insert(group.names.begin(), group.names.end());
    }
    std::multiset<std::string> all;
    for (auto const& spec : setting_specs()) {
        all.insert(spec.name());
    }
    CHECK(grouped == all);
}

TEST_CASE("what is nearly a command or an option is answered with it")
{
    auto const [arguments, said] = GENERATE(table<std::vector<std::string>, std::string>({
        {{"run", "--limt=5"}, "unknown option --limt; did you mean --limit?"},
        {{"run", "--batchsize", "5"}, "unknown option --batchsize; did you mean --batch-size?"},
        {{"run", "--concurency=2"}, "unknown option --concurency; did you mean --concurrency?"},
        {{"dryrun"}, "unknown command dryrun; did you mean dry-run?"},
        {{"Run"}, "unknown command Run; did you mean run?"},
        {{"verifi"}, "unknown command verifi; did you mean verify?"},
        {{"--dry-run"}, "unknown option --dry-run; dry-run is a command: freshchat-backfill dry-run"},
        {{"run", "--token=x"}, "unknown option --token; secrets have no option, since everybody"},
        {{"run", "--supabase-key", "x"}, "unknown option --supabase-key; secrets have no option, since everybody"},
        {{"run", "--something-else"}, "unknown option --something-else; see --help"},
        {{"help", "dryrun"}, "help takes one command; dryrun is none; did you mean dry-run?"},
        {{"help", "run", "now"}, "help takes one command; now is none"},
    }));
    CHECK(refusal(arguments, kRequired).starts_with(said));
    CHECK(parse({"help"}, {}).text == help_text());
    CHECK(parse({"help", "verify"}, {}).text == help_text(find_command("verify")));
}

TEST_CASE("the help of a command names the options that it takes, and no other")
{
    for (auto const& command : command_specs()) {
        auto const text = help_text(&command);
        auto const options = text.substr(text.find("\nSettings "));
        CAPTURE(command.name);
        CHECK(found(options, kOption) == options_of(settings_of(&command)));
        CHECK(text.starts_with(wrapped("freshchat-backfill " + command.name + ": " + command.meaning, 80) + "\n\n"));
    }
    CHECK_FALSE(options_of(settings_of(find_command("run"))).contains("--repair"));
    CHECK(options_of(settings_of(find_command("verify"))).contains("--repair"));
    CHECK(options_of(settings_of(find_command("config"))).contains("--repair"));
}

TEST_CASE("no line of the help is wider than a terminal")
{
    auto texts = std::vector{help_text()};
    for (auto const& command : command_specs()) {
        texts.push_back(help_text(&command));
    }
    for (auto const& text : texts) {
        CHECK(found(text, "(?:^|\n)([^\n]{81,})") == Names{});
        CHECK(found(text, "([^\n]* )(?:\n|$)") == Names{});
    }
}

TEST_CASE("status offers nothing that only matters to who asks Freshchat")
{
    auto const text = help_text(find_command("status"));
    CHECK_FALSE(found(text, kVariable).contains("FRESHCHAT_TOKEN"));
    CHECK(found(text, "([^\n]+\\(required\\))").size() == 1); // the project's URL
    auto const options = options_of(settings_of(find_command("status")));
    for (auto const* option :
        {"--freshchat-domain", "--batch-size", "--page-delay", "--concurrency", "--pace", "--mode", "--max-duration",
            "--state-file", "--rejects-file", "--exclude-actor-types", "--on-not-found", "--on-conflict"}) {
        CAPTURE(option);
        CHECK_FALSE(options.contains(option));
    }
    CHECK(options.contains("--message-columns"));
    CHECK(options.contains("--request-timeout"));
    CHECK(options_of(settings_of(find_command("doctor"))).contains("--pace"));
}

TEST_CASE("the completions know every option, choice and command, and no other option")
{
    auto const options = options_of(settings_of(nullptr));
    for (auto const& shell : shells()) {
        auto const text = completion_script(std::get<Shell>(shell.value));
        CAPTURE(shell.word);
        auto names = found(text, kOption);
        if (shell.word == "fish") {
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
                CHECK(found(text, "['( ](" + choice.word + ")[') ]").size() == 1);
            }
        }
    }
}

TEST_CASE("settings with choices have a default among them, and no other setting has choices")
{
    for (auto const& spec : setting_specs()) {
        CAPTURE(spec.variables.front());
        CHECK((spec.kind == SettingKind::choice) == !spec.choices.empty());
        CHECK((spec.choices.empty() || find_choice(spec.choices, spec.fallback) != nullptr));
        CHECK(range_text(spec).empty() == (spec.range.high == 0));
        CHECK(is_secret(spec.kind) == spec.option.empty());
    }
}
