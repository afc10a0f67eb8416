#include "names.hpp"

#include "app/cli/help.hpp"
#include "app/settings/settings.hpp"
#include "backfill/supabase/schema_sql.hpp"
#include "support/settings_input.hpp"
#include "support/test_dir.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
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

std::string code(std::string const& text)
{
    return "`" + text + "`";
}

std::string joined(std::vector<std::string> const& words)
{
    std::string text;
    for (auto const& word : words) {
        text += (text.empty() ? "" : ", ") + code(word);
    }
    return text;
}

/// A row of a settings table. It names the commands of a setting that only one or two take.
std::string table_row(SettingSpec const& spec, std::string const& docs)
{
    std::vector<std::string> commands;
    for (auto const& command : command_specs()) {
        if (spec.commands.size() < 3 && std::ranges::find(spec.commands, command.command) != spec.commands.end()) {
            commands.push_back(command.name);
        }
    }
    auto const option = (spec.short_option == '\0' ? "" : code({'-', spec.short_option}) + ", ") + code(spec.option);
    auto const fallback = spec.need == Need::required ? "required"
        : spec.need == Need::one_key                  ? "one key required"
        : spec.fallback.empty()                       ? "–"
                                                      : spec.fallback;
    return "| " + joined(spec.variables) + " | " + (spec.option.empty() ? "–" : option) + " | " + fallback + " | "
        + meaning_text(spec) + (commands.empty() ? "" : " (" + joined(commands) + " only)")
        + (spec.page.empty() ? "" : "; [more](" + docs + spec.page + ")") + " |\n";
}

/// Compares what stands between the comment and the next one, `end`, with what the program makes. With UPDATE_DOCUMENTS
/// set in the environment it writes that there.
void check_made(std::string const& path, std::string const& comment, std::string const& made)
{
    auto const page = file_of_tree(path);
    auto const begin = page.find(comment + '\n');
    REQUIRE(begin != std::string::npos);
    auto const first = begin + comment.size() + 1;
    auto const end = page.find("<!-- end -->", first);
    REQUIRE(end != std::string::npos);
    if (std::getenv("UPDATE_DOCUMENTS") != nullptr) {
        std::ofstream{test_dir() + "/../" + path} << page.substr(0, first) << made << page.substr(end);
    }
    INFO("UPDATE_DOCUMENTS=1 unit_tests writes it into " << path);
    CHECK(page.substr(first, end - first) == made);
}

void check_tables(std::string const& path, std::vector<SettingGroup> const& groups, std::string const& docs)
{
    std::string table;
    for (auto const& [title, names] : groups) {
        table += (title.empty() ? "" : (table.empty() ? "### " : "\n### ") + title + "\n\n")
            + "| variable | option | default | meaning |\n|---|---|---|---|\n";
        for (auto const& name : names) {
            table += table_row(setting_spec(name), docs);
        }
    }
    check_made(path, "<!-- made from the settings' rows -->", table);
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

TEST_CASE("the table of all settings, and README's of the commonest, are the program's own")
{
    check_tables("docs/settings.md", setting_groups(), "");
    check_tables("README.md",
        {{"",
            {"FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SECRET_KEY", "CONCURRENCY", "PACE",
                "MODE", "MAX_DURATION", "REPORT_FILE", "CREATED_FROM", "CREATED_TO", "MAX_CONVERSATIONS"}}},
        "docs/");
}

TEST_CASE("the SQL in the documents is what schema prints without further settings")
{
    auto const settings = *parse({"schema"}, {}).settings;
    check_made("docs/tables.md", "<!-- printed by freshchat-backfill schema -->",
        "```sql\n" + backfill::supabase::schema_sql(settings.conversations, settings.messages, settings.schema, {})
            + "\n```\n");
}

TEST_CASE("the documents name no setting, option or command that the program does not have")
{
    // Of docker, cmake, apt, systemd, kubectl, the project's own scripts, the environment and alerts.
    Names const other_options{"--rm", "--read-only", "--cap-drop", "--preset", "--build", "--keep", "--install",
        "--prefix", "--user", "--platform", "--network", "--entrypoint", "--now", "--from", "--from-file"};
    Names const other_variables{"BACKFILL_USER", "CONVERSATION_ID", "DATABASE_URL", "NEXT_PUBLIC", "NO_COLOR"};
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
            CHECK((word == "freshchat-backfill" || word == "help" || find_command(word) != nullptr));
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
    Names const others{
        "BACKFILL_USER", "AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "GH_TOKEN", "GITHUB_REPOSITORY"};
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
    auto const help = on_one_line(help_text(find_command("run")));
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
