// HEALTHCHECK_URL, NOTIFY_URL and MARKDOWN_FILE: what they may be, and who is told of settings that are refused.

#include "app/cli/invocation.hpp"
#include "app/settings/notices.hpp"
#include "support/scratch_file.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

constexpr auto kCheck = "https://hc-ping.com/2f7c51f0-c0de-4bad-9e0a-hunter200000";
constexpr auto kHook =
    "https://hooks.example.com:8443/services/T0/B0/hunter2!$&'()*+,;=:@%41?key=a-b_c~d.e&x=hunter2/?";

std::optional<NoticesOfRefusal> told_of(
    std::vector<std::string> const& arguments, Variables const& variables, Variables const& files = {})
{
    auto const find = [](Variables const& in, std::string const& name) {
        auto const found = in.find(name);
        return found == in.end() ? std::nullopt : std::optional{found->second};
    };
    SettingSources const sources{
        [&](auto const& name) { return find(variables, name); }, [&](auto const& path) { return find(files, path); }};
    return notices_of_refusal(arguments, sources);
}

} // namespace

TEST_CASE("who is told: nobody unless a URL is set, and the webhook of failures only")
{
    CHECK_FALSE(settings({}).notices.healthcheck);
    CHECK_FALSE(settings({}).notices.webhook);
    CHECK(settings({}).notices.notify_on == NotifyOn::failure);
    auto const set = settings({"--notify-on=always"}, {{"HEALTHCHECK_URL", kCheck}, {"NOTIFY_URL", kHook}}).notices;
    CHECK(set.notify_on == NotifyOn::always);
    CHECK(set.healthcheck->endpoint.text() == "https://hc-ping.com");
    CHECK(set.healthcheck->target.reveal() == "/2f7c51f0-c0de-4bad-9e0a-hunter200000");
    CHECK(set.webhook->endpoint.authority() == "hooks.example.com:8443");
    CHECK(set.webhook->target.reveal() == "/services/T0/B0/hunter2!$&'()*+,;=:@%41?key=a-b_c~d.e&x=hunter2/?");
}

TEST_CASE("the secret URLs come from a file as well, from an env file, and by the proxy")
{
    auto const set = settings({"--env-file=e"}, {{"HEALTHCHECK_URL_FILE", "f"}, {"https_proxy", "http://proxy:3128"}},
        {{"f", std::string{kCheck} + "\n"}, {"e", std::string{"NOTIFY_URL='"} + kCheck + "'\n"}});
    CHECK(set.notices.healthcheck->endpoint.host == "hc-ping.com");
    CHECK(set.notices.webhook->endpoint.host == "hc-ping.com");
    CHECK(set.notices.webhook->transport.proxy->host == "proxy");
    CHECK(settings({}, {{"NOTIFY_URL", "http://127.0.0.1:8/x"}}).notices.webhook->endpoint.port == 8);
    CHECK(settings({"--allow-http"}, {{"NOTIFY_URL", "http://h/x"}}).notices.webhook->endpoint.host == "h");
}

TEST_CASE("a secret URL that can be none is refused by its name, and not shown")
{
    auto const name = GENERATE(as<std::string>{}, "HEALTHCHECK_URL", "NOTIFY_URL");
    auto const [value, why] = GENERATE(table<std::string, std::string>({
        {"http://example.com/hunter2", "plain http would show what is secret in it to the network"},
        {"https://u:hunter2@example.com/", "a user or password has no place in it"},
        {"ftp://example.com/hunter2", "only http:// and https:// are possible"},
        {"https://example.com/hunter2#x", "a fragment (#) has no place in it"},
        {"https://example.com/hunter2 x", "character 28 is none that URLs have"},
        {"https://example.com/hunter2\x01", "character 28 is none that URLs have"},
        {"https://example.com/\"hunter2", "character 21 is none that URLs have"},
        {"https://example.com/hunter2\xE2\x80\x8B", "character 28 is none that URLs have"},
        {"$hunter2", "the host holds a character that host names do not have"},
        {"https:///hunter2", "the host is missing"},
    }));
    CAPTURE(value);
    auto const refused = refusal({"run"}, with(kRequired, {{name, value}}));
    CHECK(refused.starts_with(name + ": " + why));
    CHECK(refused.find("hunter2") == std::string::npos);
    auto const shown = parse({"config"}, with(kRequired, {{name, value}}));
    CHECK(shown.text.find("hunter2") == std::string::npos);
    REQUIRE(shown.refusals.size() == 1);
    CHECK(shown.refusals.front() == refused);
    CHECK(refusal({"status"}, with(kRequired, {{name, value}})) == "accepted");
}

TEST_CASE("config masks the secret URLs, and the command line cannot give them")
{
    auto const told = parse({"config"}, with(kRequired, {{"HEALTHCHECK_URL", kCheck}, {"NOTIFY_URL", kHook}}));
    CHECK(told.refusals.empty());
    CHECK(told.text.find("hunter2") == std::string::npos);
    CHECK(told.text.find("hc-ping") == std::string::npos);
    for (std::string const option : {"--healthcheck-url=", "--notify-url="}) {
        CHECK(refusal({"run", option + kCheck}, kRequired).find("hunter2") == std::string::npos);
        CHECK(
            refusal({"run", option + kCheck}, kRequired).find("; secrets have no option, since") != std::string::npos);
    }
}

TEST_CASE("a dry run has no health check; doctor takes what runs take, and sends a test message only to somebody")
{
    Variables const both{{"HEALTHCHECK_URL", kCheck}, {"NOTIFY_URL", kCheck}};
    CHECK_FALSE(parse({"dry-run"}, with(kRequired, both)).settings->notices.healthcheck);
    CHECK(parse({"dry-run"}, with(kRequired, both)).settings->notices.webhook);
    for (auto const* command : {"run", "verify", "doctor"}) {
        CHECK(parse({command}, with(kRequired, both)).settings->notices.healthcheck);
        CHECK(parse({command}, with(kRequired, both)).settings->notices.webhook);
    }
    CHECK_FALSE(parse({"status"}, with(kRequired, both)).settings->notices.webhook);
    CHECK(parse({"doctor", "--notify"}, with(kRequired, both)).settings->notify_test);
    CHECK_FALSE(parse({"doctor"}, with(kRequired, both)).settings->notify_test);
    CHECK(refusal({"doctor", "--notify"}, kRequired) == "--notify needs NOTIFY_URL, which is not set");
    CHECK(refusal({"run", "--notify"}, kRequired) == "--notify is not an option of run; see --help");
    CHECK(refusal({"status"}, with(kRequired, {{"NOTIFY_ON", "never"}})) == "accepted");
    CHECK(refusal({"run"}, with(kRequired, {{"NOTIFY_ON", "never"}})) == "NOTIFY_ON=never: must be failure or always");
}

TEST_CASE("refused settings are told to whom they name, as far as they can be read")
{
    Variables const both{{"HEALTHCHECK_URL", kCheck}, {"NOTIFY_URL", kHook}};
    for (auto const& arguments : {std::vector<std::string>{"run"}, {"run", "--limt=5"}, {"--env-file=absent", "verify"},
             {"verify", "--pace", "brisk"}, {"run", "--env-file"}}) {
        auto const told = told_of(arguments, with(both, {{"ALLOW_HTTP", "maybe"}, {"CA_FILE", "absent"}}));
        CAPTURE(arguments);
        REQUIRE(told);
        CHECK(told->notices.healthcheck);
        CHECK(told->notices.webhook);
        CHECK(told->notices.webhook->transport.ca_file.empty());
    }
    CHECK_FALSE(told_of({"dry-run"}, both)->notices.healthcheck);
    CHECK(told_of({"dry-run"}, both)->notices.webhook);
    for (auto const& arguments :
        {std::vector<std::string>{}, {"rum"}, {"--limit=5"}, {"doctor"}, {"config", "--x"}, {"status"}}) {
        CHECK_FALSE(told_of(arguments, both));
    }
    auto const half = told_of({"run"}, {{"HEALTHCHECK_URL", "http://example.com/x"}, {"NOTIFY_URL", kHook}});
    CHECK_FALSE(half->notices.healthcheck);
    CHECK(half->notices.webhook);
    CHECK(told_of({"run", "--x", "--env-file", "e"}, {}, {{"e", std::string{"NOTIFY_URL="} + kCheck + "\n"}})
              ->notices.webhook);
    CHECK(told_of({"run", "conv_1"}, both));
}

TEST_CASE("the Markdown page is appended where the workflow's summary is, and replaces any other file")
{
    ScratchFolder const folder;
    std::filesystem::create_directory_symlink(folder.path(), folder.path() + "/link");
    Variables const step{{"GITHUB_STEP_SUMMARY", folder.path() + "/summary"}};
    CHECK(settings({}).markdown_file.empty());
    CHECK_FALSE(settings({}, step).markdown_appends);
    CHECK(settings({"--markdown-file=" + folder.path() + "/summary"}, step).markdown_appends);
    CHECK(settings({"--markdown-file=" + folder.path() + "/link/./summary"}, step).markdown_appends);
    CHECK_FALSE(settings({"--markdown-file=" + folder.path() + "/page.md"}, step).markdown_appends);
    CHECK_FALSE(settings({"--markdown-file=" + folder.path() + "/summary"}).markdown_appends);
}

TEST_CASE("no output takes the place of an input, nor of another output")
{
    auto const name = GENERATE(as<std::string>{}, "MARKDOWN_FILE", "SUMMARY_FILE", "REPORT_FILE", "METRICS_FILE");
    auto const refused = name + "=f: is the file of another setting too";
    Variables const files{{"f", "tok"}};
    Variables const own{{name, "f"}};
    for (auto const* other : {"MARKDOWN_FILE", "STATE_FILE", "REJECTS_FILE", "REPORT_FILE"}) {
        if (name != other) {
            CHECK(refusal({"run"}, with(with(kRequired, own), {{other, "f"}}))
                      .ends_with("=f: is the file of another setting too"));
        }
    }
    CHECK(refusal({"run", "--env-file=f"}, with(kRequired, own), {{"f", "\n"}}) == refused);
    CHECK(refusal({"run"}, with(with(kRequired, own), {{"FRESHCHAT_TOKEN", ""}, {"FRESHCHAT_TOKEN_FILE", "f"}}), files)
        == refused);
    CHECK(refusal({"run"}, with(with(kRequired, own), {{"NOTIFY_URL_FILE", "f"}}), {{"f", kCheck}}) == refused);
    CHECK(refusal({"run", "--from-rejects=f"}, with(kRequired, own), {{"f", "{\"conversation\":\"c\"}\n"}}) == refused);
    CHECK(refusal({"run", "--from-rejects=f", "--rejects-file=f"}, kRequired, {{"f", "{\"conversation\":\"c\"}\n"}})
        == "accepted");
}
