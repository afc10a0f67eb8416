#include "names.hpp"

#include "app/cli/help.hpp"
#include "app/cli/man_page.hpp"
#include "app/settings/commands.hpp"
#include "app/settings/settings.hpp"
#include "support/test_dir.hpp"

#include <catch2/catch.hpp>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace backfill::app;
using namespace backfill::test;

namespace {

std::string file_of_tree(std::string const& path)
{
    std::ifstream file{test_dir() + "/../" + path};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    CAPTURE(path);
    REQUIRE_FALSE(text.empty());
    return text;
}

/// The line of the settings table that names the variable.
std::string table_row(std::string const& page, std::string const& variable)
{
    auto const begin = page.find("\n| `" + variable + "`");
    auto const inside = begin == std::string::npos ? page.find("`" + variable + "`") : begin + 1;
    if (inside == std::string::npos) {
        return {};
    }
    auto const start = page.rfind('\n', inside) + 1;
    return page.substr(start, page.find('\n', inside) - start);
}

/// The cells of a table's row, without the blanks around them.
std::vector<std::string> cells(std::string const& row)
{
    std::vector<std::string> texts;
    for (auto at = row.find('|'); at != std::string::npos && at + 1 < row.size();) {
        auto const end = std::min(row.find('|', at + 1), row.size());
        auto const first = row.find_first_not_of(' ', at + 1);
        auto const last = row.find_last_not_of(' ', end - 1);
        texts.push_back(first < end ? row.substr(first, last - first + 1) : "");
        at = end;
    }
    return texts;
}

/// The default as the table has it: in a row of two settings both, parted by a comma.
bool is_default(std::string const& cell, SettingSpec const& spec)
{
    if (spec.need == Need::required) {
        return cell.ends_with("required");
    }
    if (spec.fallback.empty()) {
        return cell == "–" || cell.empty();
    }
    return cell == spec.fallback || cell.starts_with(spec.fallback + ", ") || cell.ends_with(", " + spec.fallback);
}

std::string plain(std::string text)
{
    std::erase(text, '`');
    return text;
}

/// From the heading to the next one of its rank.
std::string section(std::string const& page, std::string const& heading)
{
    auto const begin = page.find("\n" + heading + '\n');
    CAPTURE(heading);
    REQUIRE(begin != std::string::npos);
    return page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

/// What a row of a settings table must say of the setting.
void check_row(SettingSpec const& spec, std::string const& row)
{
    CAPTURE(spec.variables.front(), row);
    CHECK(row.starts_with("| `"));
    auto const texts = cells(row);
    REQUIRE(texts.size() == 4);
    CHECK((spec.option.empty() ? texts[1] == "–" : texts[1].find("`" + spec.option + "`") != std::string::npos));
    CHECK(is_default(texts[2], spec));
}

/// A setting of one or two commands alone must name them.
void check_commands(SettingSpec const& spec, std::string const& row)
{
    CAPTURE(spec.variables.front(), row);
    for (auto const& command : spec.commands.size() < 3 ? spec.commands : std::vector<std::string>{}) {
        CHECK(cells(row).back().find("`" + command + "`") != std::string::npos);
    }
}

std::vector<std::string> pages()
{
    std::vector<std::string> paths{"README.md", "test/bench/README.md"};
    for (auto const& file : std::filesystem::directory_iterator{test_dir() + "/../docs"}) {
        if (file.path().extension() == ".md") {
            paths.push_back("docs/" + file.path().filename().string());
        }
    }
    return paths;
}

/// The anchors that GitHub gives to a page's headings.
Names anchors(std::string const& page)
{
    Names names;
    for (auto const& heading : found(page, "(?:^|\\n)#+ ([^\\n]+)")) {
        std::string anchor;
        for (auto const sign : heading) {
            if (std::isalnum(static_cast<unsigned char>(sign)) != 0 || sign == '-') {
                anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(sign)));
            } else if (sign == ' ') {
                anchor += '-';
            }
        }
        names.insert(anchor);
    }
    return names;
}

} // namespace

TEST_CASE("the documented settings table names every variable, option and default of the program")
{
    auto const table = file_of_tree("docs/settings.md");
    for (auto const& spec : setting_specs()) {
        for (auto const& variable : spec.variables) {
            CAPTURE(variable);
            check_row(spec, table_row(table, variable));
        }
        check_commands(spec, table_row(table, spec.variables.front()));
    }
    for (auto const& name : found(table, "\\n\\| `([A-Z0-9_]+)`")) {
        CAPTURE(name);
        CHECK(variables().contains(name));
    }
}

TEST_CASE("README's table of the commonest settings is right")
{
    auto const table = section(file_of_tree("README.md"), "## Settings");
    auto rows = 0;
    for (auto const& spec : setting_specs()) {
        if (auto const row = table_row(table, spec.variables.front()); row.starts_with("| `")) {
            check_row(spec, row);
            ++rows;
        }
    }
    CHECK(rows > 10);
    CHECK(without(found(table, kVariable), variables()) == Names{"NAME_FILE"});
}

TEST_CASE("the documents name no setting, option or command that the program does not have")
{
    // Of docker, cmake, apt, systemd, kubectl, the project's own scripts, the environment and alerts.
    Names const other_options{"--rm", "--read-only", "--cap-drop", "--preset", "--build", "--keep", "--install",
        "--prefix", "--user", "--platform", "--entrypoint", "--now", "--from", "--from-file"};
    Names const other_variables{"BACKFILL_USER", "CONVERSATION_ID", "NEXT_PUBLIC", "NO_COLOR"};
    Names const other_words{"NAME", "TERM", "SIGTERM"};
    CHECK(
        found("`PACE`, `MODE=full`, SHARD=0/4, SIGTERM: SAMPLES", kWord) == Names{"PACE", "MODE", "SHARD", "SIGTERM"});
    for (auto const& path : pages()) {
        auto const page = file_of_tree(path);
        CAPTURE(path);
        CHECK(without(without(found(page, kOption), options_of(settings_of(nullptr))), other_options) == Names{});
        CHECK(without(without(without(found(page, kVariable), variables()), kOthersVariables), other_variables)
            == Names{});
        CHECK(without(without(found(page, kWord), variables()), other_words) == Names{});
        for (auto const& word : found(page, "freshchat-backfill ([a-z]+(?:-[a-z]+)?)\\b")) {
            CAPTURE(word);
            CHECK((word == "freshchat-backfill" || find_command(word) != nullptr));
        }
    }
    auto const readme = file_of_tree("README.md");
    for (auto const& command : command_specs()) {
        CAPTURE(command.name);
        CHECK(found(readme, "\\n\\| `(" + command.name + ")` \\|") == Names{command.name});
    }
}

TEST_CASE("every link in the documents leads to a file and a heading of the tree")
{
    for (auto const& path : pages()) {
        auto const folder = std::filesystem::path{path}.parent_path();
        for (auto const& link : found(file_of_tree(path), "\\]\\(([^)\\s]+)\\)")) {
            CAPTURE(path, link);
            auto const hash = std::min(link.find('#'), link.size());
            auto const target = hash == 0 ? path : (folder / link.substr(0, hash)).lexically_normal().string();
            CHECK(std::filesystem::exists(test_dir() + "/../" + target));
            if (hash < link.size()) {
                CHECK(anchors(file_of_tree(target)).contains(link.substr(hash + 1)));
            }
        }
    }
}

TEST_CASE("what users deploy with names no setting or command that the program does not have")
{
    // Of systemd, Compose, GitHub Actions and the files' own.
    Names const others{"BACKFILL_USER", "AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"};
    for (auto const* path : {"docs/deployment.md", "scripts/compose.yaml", "scripts/cronjob.yaml",
             "scripts/indexedjob.yaml", "scripts/crontab.example", "scripts/freshchat-backfill.service",
             "scripts/settings.env", "scripts/github-workflow.yaml"}) {
        auto const text = file_of_tree(path);
        CAPTURE(path);
        CHECK(without(without(without(found(text, kVariable), variables()), kOthersVariables), others) == Names{});
        CHECK(without(without(found(text, kWord), variables()), {"NAME", "SHELL", "PATH", "BACKFILL", "COMMAND"})
            == Names{});
        for (auto const& word : found(text, "(?:args: \\[|command: \\[|ExecStart=freshchat-backfill )([a-z-]+)")) {
            CAPTURE(word);
            CHECK(find_command(word) != nullptr);
        }
    }
}

TEST_CASE("README, the help and the manual tell the same of the exit codes")
{
    auto const table = section(file_of_tree("README.md"), "## Exit codes");
    auto const on_one_line = [](std::string const& text) { return std::regex_replace(text, std::regex{"\\s+"}, " "); };
    auto const help = on_one_line(help_text());
    auto const manual = on_one_line(std::regex_replace(man_page(), std::regex{"\\\\-"}, "-"));
    Names codes;
    for (auto const& row : exit_code_texts()) {
        CAPTURE(row.codes);
        codes.insert(row.codes);
        CHECK(plain(table).find("\n| " + row.codes + " | " + row.meaning + " | " + row.advice + " |\n")
            != std::string::npos);
        CHECK(help.find(" " + row.codes + " " + exit_code_sentences(row)) != std::string::npos);
        CHECK(manual.find(exit_code_sentences(row)) != std::string::npos);
    }
    CHECK(found(table, "\n\\| ([0-9, ]+) \\|") == codes);
}
