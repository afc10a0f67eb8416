#include "support/settings_input.hpp"

#include "app/settings/specs.hpp"

#include "app/cli/invocation.hpp"
#include "app/settings/settings.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

/// Value and origin of a setting, as `config` shows them.
std::string row(Invocation const& told, std::string const& name)
{
    std::istringstream lines{told.text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name + " ")) {
            std::string words;
            std::istringstream rest{line.substr(name.size())};
            for (std::string word; rest >> word;) {
                words += (words.empty() ? "" : " ") + word;
            }
            return words;
        }
    }
    return "no such row";
}

} // namespace

TEST_CASE("config names the origin of every kind of setting")
{
    auto const told =
        parse({"config", "--env-file=f", "--limit", "7", "--conversation-id=a", "--conversation-id=b", "--allow-http"},
            {{"FRESHCHAT_TOKEN_FILE", "/run/secrets/token"}, {"BATCH_SIZE", " 9 "},
                {"SUPABASE_SECRET_KEY", std::string(250, 'k')}},
            {{"/run/secrets/token", std::string(100, 't')},
                {"f",
                    "FRESHCHAT_DOMAIN=acme.freshchat.com\nNEXT_PUBLIC_SUPABASE_URL=https://"
                    "abc.supabase.co\nBATCH_SIZE=3\n"}});
    CHECK(told.refusals.empty());
    CHECK(row(told, "FRESHCHAT_TOKEN") == "set (40 to 199 characters) FRESHCHAT_TOKEN_FILE: /run/secrets/token");
    CHECK(row(told, "FRESHCHAT_DOMAIN") == "acme.freshchat.com FRESHCHAT_DOMAIN in f");
    CHECK(row(told, "SUPABASE_URL") == "https://abc.supabase.co NEXT_PUBLIC_SUPABASE_URL in f");
    CHECK(row(told, "SUPABASE_SECRET_KEY") == "set (200 characters or more) SUPABASE_SECRET_KEY");
    CHECK(row(told, "SUPABASE_ANON_KEY") == "- unset");
    CHECK(row(told, "BATCH_SIZE") == "9 BATCH_SIZE");
    CHECK(row(told, "MAX_CONVERSATIONS") == "7 --limit");
    CHECK(row(told, "CONVERSATION_IDS") == "a,b --conversation-id");
    CHECK(row(told, "ALLOW_HTTP") == "1 --allow-http");
    CHECK(row(told, "PACE") == "fixed default");
    CHECK(row(told, "STATE_FILE") == "- unset");
}

TEST_CASE("config has a row for each setting, and no more")
{
    auto const told = parse({"config"}, kRequired);
    auto const lines = std::count(told.text.begin(), told.text.end(), '\n');
    CHECK(static_cast<std::size_t>(lines) == setting_specs().size()); // the heading ends with the first
    for (auto const& spec : setting_specs()) {
        CAPTURE(spec.variables.front());
        CHECK(row(told, spec.variables.front()) != "no such row");
    }
}

TEST_CASE("config shows the concurrency that the pace brings")
{
    CHECK(row(parse({"config", "--pace=adaptive"}, kRequired), "CONCURRENCY") == "8 default of PACE=adaptive");
    CHECK(row(parse({"config", "--pace=adaptive", "--concurrency=1"}, kRequired), "CONCURRENCY") == "1 --concurrency");
}

TEST_CASE("config works without the required settings, and says which are missing")
{
    auto const told = parse({"config"}, {{"SUPABASE_ANON_KEY", "anon"}});
    CHECK(row(told, "FRESHCHAT_TOKEN") == "- unset (required)");
    CHECK(row(told, "FRESHCHAT_DOMAIN") == "- unset (required)");
    CHECK(row(told, "SUPABASE_URL") == "- unset (required)");
    CHECK(row(told, "SUPABASE_SECRET_KEY") == "- unset");
    CHECK(row(parse({"config"}, {}), "SUPABASE_SECRET_KEY") == "- unset (required)");
    CHECK(told.refusals.size() == 3);
    CHECK(fmt::format("{}", fmt::join(told.refusals, "\n")) == refusal({"run"}, {{"SUPABASE_ANON_KEY", "anon"}}));
}

TEST_CASE("config refuses what any command refuses, with the same line")
{
    auto const [name, value] = GENERATE(table<std::string, std::string>({{"BATCH_SIZE", "0"}, {"PACE", "brisk"},
        {"CREATED_FROM", "soon"}, {"CA_FILE", "absent"}, {"MESSAGE_COLUMNS", "id"}}));
    auto const variables = with(kRequired, {{name, value}});
    auto const told = parse({"config"}, variables);
    CHECK(told.refusals == std::vector<std::string>{refusal({"run"}, variables)});
    CHECK(row(told, name) == value + " " + name);
    CHECK(parse({"config"}, with(kRequired, {{"SAMPLE", "none"}})).refusals
        == std::vector<std::string>{refusal({"verify"}, with(kRequired, {{"SAMPLE", "none"}}))});
    CHECK(parse({"config"}, with(kRequired, {{"FROM_REJECTS", "absent"}})).refusals
        == std::vector<std::string>{refusal({"run"}, with(kRequired, {{"FROM_REJECTS", "absent"}}))});
}

TEST_CASE("config shows no character of a secret, nor of a URL that could carry one")
{
    auto const secret = GENERATE(as<std::string>{}, "hunter2", std::string("hunter2") + std::string(300, '~'));
    auto told = parse({"config"},
        {{"FRESHCHAT_TOKEN", secret}, {"SUPABASE_SECRET_KEY", secret}, {"SUPABASE_ANON_KEY", secret},
            {"FRESHCHAT_DOMAIN", "https://user:hunter2@acme.freshchat.com"}, {"SUPABASE_URL", "abc.co?key=hunter2"}});
    CHECK(told.text.find("hunter2") == std::string::npos);
    CHECK(told.text.find('~') == std::string::npos);
    CHECK(row(told, "FRESHCHAT_DOMAIN") == "- refused, see below");
    REQUIRE(told.refusals.size() == 2);
    CHECK(told.refusals[0].starts_with("FRESHCHAT_DOMAIN: "));
    CHECK(told.refusals[1].starts_with("SUPABASE_URL: "));
    CHECK((told.refusals[0] + told.refusals[1]).find("hunter2") == std::string::npos);
}

TEST_CASE("config says once what is wrong with a URL, and as every command says it")
{
    auto const [name, value] = GENERATE(table<std::string, std::string>(
        {{"SUPABASE_URL", "postgres://postgres:hunter2@db.abc.supabase.co:5432/postgres"},
            {"SUPABASE_URL", "https//abc.supabase.co"}, {"FRESHCHAT_DOMAIN", "ftp://acme.freshchat.com"},
            {"FRESHCHAT_DOMAIN", "acme.freshchat.com:x"}, {"PUSHGATEWAY_URL", "postgres://u:hunter2@h/x"}}));
    auto const told = parse({"config"}, with(kRequired, {{name, value}}));
    REQUIRE(told.refusals.size() == 1);
    CHECK(told.refusals.front() == refusal({"run"}, with(kRequired, {{name, value}})));
    CHECK(told.text.find("hunter2") == std::string::npos);
}

TEST_CASE("config goes on after a setting that cannot be looked up")
{
    auto const told = parse({"config"}, with(kRequired, {{"FRESHCHAT_TOKEN_FILE", "t"}}), {{"t", "other"}});
    CHECK(row(told, "FRESHCHAT_TOKEN") == "- refused, see below");
    REQUIRE_FALSE(told.refusals.empty());
    CHECK(told.refusals.front() == "FRESHCHAT_TOKEN and FRESHCHAT_TOKEN_FILE are both set; set one of them");
}

TEST_CASE("config passes on the warnings of a run, and reads standard input once")
{
    auto const told = parse({"config"}, with(kRequired, {{"QUOTA_SHARE", "0.5"}}));
    REQUIRE(told.notes.size() == 1);
    CHECK(told.notes.front().find("without effect") != std::string::npos);

    int reads = 0;
    auto const find = [](std::string const& name) -> std::optional<std::string> {
        auto const found = kRequired.find(name);
        return found == kRequired.end() ? std::nullopt : std::optional{found->second};
    };
    auto const once =
        parse_settings({"config", "--conversations-file=-"}, {find, [&](std::string const&) {
                                                                  ++reads;
                                                                  return std::optional<std::string>{"a\n"};
                                                              }});
    CHECK(once.refusals.empty());
    CHECK(reads == 1);
}
