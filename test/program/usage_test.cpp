// Wrong settings: one line on stderr that names the culprit, exit 2, and nothing was sent to either side.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

struct BadUse {
    std::vector<std::string> arguments;
    Environment changes;
    std::vector<std::string> said;
    std::string unsaid = {}; ///< a secret
};

void check_refused(std::vector<BadUse> const& uses)
{
    empty_tables();
    Simulator const simulator{Conversations{}};
    AccessLog const log;
    for (auto const& use : uses) {
        auto const ended = run_program(use.arguments, with(settings_for(simulator), use.changes));
        CAPTURE(use.arguments, use.changes, ended.out, ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.out == "");
        CHECK(lines_of(ended.err).size() == 1);
        CHECK(ended.err.starts_with("freshchat-backfill: "));
        CHECK(ended.err.ends_with("\n"));
        for (auto const& piece : use.said) {
            CAPTURE(piece);
            CHECK(ended.err.find(piece) != std::string::npos);
        }
        CHECK((use.unsaid.empty() || ended.err.find(use.unsaid) == std::string::npos));
    }
    CHECK(simulator.requests().empty());
    CHECK(log.entries().empty());
}

struct Number {
    std::string variable;
    std::string option;
    std::string below; ///< the allowed range
    std::string above;
};

} // namespace

TEST_CASE("a number that is none, or out of its range, is refused with its name, value and range")
{
    std::vector<Number> const numbers{
        {"BATCH_SIZE", "--batch-size", "0", "1001"},
        {"RATE_LIMIT_DELAY", "--rate-limit-delay", "-5", "3600001"},
        {"BATCH_DELAY", "--batch-delay", "-5", "3600001"},
        {"PAGE_DELAY", "--page-delay", "-5", "3600001"},
        {"CONCURRENCY", "--concurrency", "0", "65"},
        {"MAX_CONVERSATIONS", "--limit", "0", "99999999999999999999"},
        {"REQUEST_TIMEOUT", "--request-timeout", "0", "601"},
        {"CONNECT_TIMEOUT", "--connect-timeout", "0", "601"},
    };
    std::vector<BadUse> uses;
    for (auto const& number : numbers) {
        for (auto const& value : {number.below, number.above, std::string{"-1"}, std::string{"nan"}, std::string{"inf"},
                 std::string{"4294967297"}, std::string{"9223372036854775808"}, std::string{"1e3"}, std::string{"0x10"},
                 std::string{"1.5"}, std::string{"1 000"}, std::string{"five"}, std::string{"+5"}, std::string{"5s"}}) {
            uses.push_back({{"run"}, {{number.variable, value}}, {number.variable + "=" + value, "from", "to"}});
            uses.push_back({{"run", number.option + "=" + value}, {}, {number.option + "=" + value, "from", "to"}});
        }
        uses.push_back({{"dry-run", number.option, "five"}, {}, {number.option + "=five"}});
        uses.push_back({{"run", number.option, "-1"}, {}, {number.option}});
        uses.push_back({{"run", number.option}, {}, {number.option}});
        uses.push_back({{"run", number.option + "="}, {}, {number.option}});
        uses.push_back({{"run", number.option + "=5", number.option + "=5"}, {}, {number.option}});
    }
    check_refused(uses);
}

TEST_CASE("words that are no choice, dates that do not exist and columns that cannot be are refused")
{
    std::vector<BadUse> uses;
    for (auto const& [name, value] : std::vector<std::pair<std::string, std::string>>{{"PACE", "brisk"},
             {"PACE", "fast"}, {"ON_CONFLICT", "replace"}, {"ON_NOT_FOUND", "maybe"}, {"VERBOSE_LOG", "2"},
             {"ALLOW_HTTP", "maybe"}, {"CREATED_FROM", "yesterday"}, {"CREATED_FROM", "2025-13-01"},
             {"CREATED_FROM", "2025-02-30"}, {"CREATED_FROM", "2025-7-1"}, {"CREATED_TO", "10.07.2025"},
             {"CREATED_TO", "2025-07-10T25:00:00Z"}, {"CREATED_TO", "20250710"}, {"MESSAGE_COLUMNS", "id"},
             {"MESSAGE_COLUMNS", "conversationid"}, {"MESSAGE_COLUMNS", "id,conversationid,=x"},
             {"MESSAGE_COLUMNS", "id,conversationid,actor_type="}, {"MESSAGE_COLUMNS", "id,conversationid=id"},
             {"CONVERSATIONS_FILE", "/does/not/exist"}, {"CA_FILE", "/does/not/exist"}, {"CONVERSATION_IDS", ","}}) {
        uses.push_back({{"run"}, {{name, value}}, {name + "=" + value}});
    }
    uses.push_back(
        {{"run", "--created-from=2025-07-11", "--created-to=2025-07-10"}, {}, {"--created-to", "CREATED_FROM"}});
    uses.push_back({{"run", "--pace=brisk"}, {}, {"--pace=brisk", "fixed"}});
    check_refused(uses);
}

TEST_CASE("a command line that is not exactly right is refused")
{
    check_refused({
        {{}, {}, {"command"}},
        {{"runn"}, {}, {"runn"}},
        {{"RUN"}, {}, {"RUN"}},
        {{"walk"}, {}, {"walk"}},
        {{"run", "extra"}, {}, {"extra"}},
        {{"run", "run"}, {}, {"run"}},
        {{"--batch-size=5"}, {}, {"command"}},
        {{"run", "--batch-siz=5"}, {}, {"--batch-siz"}},
        {{"run", "--batch=5"}, {}, {"--batch"}},
        {{"run", "--verb"}, {}, {"--verb"}},
        {{"run", "--Batch-Size=5"}, {}, {"--Batch-Size"}},
        {{"run", "--unknown"}, {}, {"--unknown"}},
        {{"run", "-x"}, {}, {"-x"}},
        {{"run", "-vx"}, {}, {"-"}},
        {{"run", "--verbose=1"}, {}, {"--verbose"}},
        {{"run", "--conversation-id="}, {}, {"--conversation-id"}},
        {{"run", "--conversation-id"}, {}, {"--conversation-id"}},
        {{"run", "--env-file=/does/not/exist"}, {}, {"--env-file=/does/not/exist"}},
        {{"run", "--env-file=/dev/null", "--env-file=/dev/null"}, {}, {"--env-file"}},
        {{"run", "--freshchat-token=hunter2"}, {}, {"--freshchat-token"}, "hunter2"},
        {{"run", "--freshchat-token", "hunter2"}, {}, {"--freshchat-token"}, "hunter2"},
        {{"run", "--supabase-service-role-key=hunter2"}, {}, {"--supabase-service-role-key"}, "hunter2"},
    });
}

TEST_CASE("a required setting that is missing, blank or nothing but quotes is named")
{
    std::vector<BadUse> uses;
    for (auto const* name : {"FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY"}) {
        for (auto const* value : {"", "   ", "\"\"", "' '"}) {
            uses.push_back({{"run"}, {{name, value}}, {name, "not set"}});
        }
    }
    uses.push_back({{"run"}, {{"FRESHCHAT_TOKEN", "Bearer "}}, {"FRESHCHAT_TOKEN"}});
    check_refused(uses);
}

TEST_CASE("a secret is refused without being shown when it cannot be one, or is given twice")
{
    ScratchFile const secret{"hunter2\n"};
    ScratchFile const two_lines{"hunter2\nhunter2\n"};
    ScratchFile const empty{""};
    std::vector<BadUse> uses;
    for (auto const* name : {"FRESHCHAT_TOKEN", "SUPABASE_SERVICE_ROLE_KEY"}) {
        for (auto const* value : {"hunter2\nx", "hunter2\rx", "hunter2\x01x", "hunter2\x7Fx"}) {
            uses.push_back({{"run"}, {{name, value}}, {name, "control character"}, "hunter2"});
        }
        auto const file = std::string{name} + "_FILE";
        uses.push_back({{"run"}, {{file, secret.path()}}, {name, file, "both"}, "hunter2"});
        uses.push_back({{"run"}, {{name, ""}, {file, "/does/not/exist"}}, {file + "=/does/not/exist"}});
        uses.push_back({{"run"}, {{name, ""}, {file, empty.path()}}, {file, "empty"}});
        uses.push_back({{"run"}, {{name, ""}, {file, two_lines.path()}}, {file, "control character"}, "hunter2"});
    }
    ScratchFile const broken{"BATCH_SIZE=5\nhunter2 is no variable\n"};
    uses.push_back({{"run", "--env-file=" + broken.path()}, {}, {"--env-file=", "line 2"}, "hunter2"});
    check_refused(uses);
}

TEST_CASE("a host that cannot be one, plain http to another machine, and credentials in a URL are refused")
{
    std::vector<BadUse> uses;
    for (auto const* name : {"FRESHCHAT_DOMAIN", "SUPABASE_URL", "PUSHGATEWAY_URL"}) {
        for (auto const* value : {"http://acme.example.com", "http://10.0.0.1", "https://user:hunter2@acme.example.com",
                 "user:hunter2@acme.example.com", "ftp://acme.example.com", "acme example.com", "https://",
                 "acme.example.com:99999", "acme.example.com:0", "acme.example.com:port", "acme.example.com?x=hunter2",
                 "acme.example.com#x", "acme\\example", "https://[::1", "ac\nme.example.com", "acme..example.com"}) {
            uses.push_back({{"run"}, {{name, value}}, {name}, "hunter2"});
        }
    }
    check_refused(uses);
}

TEST_CASE("help and version need no setting")
{
    for (auto const& arguments :
        std::vector<std::vector<std::string>>{{"--help"}, {"run", "--help"}, {"dry-run", "--help"},
            {"config", "--help"}, {"status", "--help"}, {"doctor", "--help"}, {"--version"}, {"run", "--version"}}) {
        auto const ended = run_program(arguments, {});
        CAPTURE(arguments);
        CHECK(ended.code == 0);
        CHECK(ended.err == "");
        CHECK(ended.out.starts_with("freshchat-backfill "));
    }
    auto const help = run_program({"--help"}, {{"BATCH_SIZE", "not looked at"}}).out;
    for (auto const* name :
        {"FRESHCHAT_TOKEN", "--freshchat-domain", "--limit", "CONVERSATIONS_FILE", "Exit codes", "dry-run"}) {
        CHECK(help.find(name) != std::string::npos);
    }
}

TEST_CASE("config shows the settings, and sends nothing to either side")
{
    Simulator const simulator{Conversations{}};
    AccessLog const log;
    auto const ended = run_program({"config", "--limit=7"}, settings_for(simulator));
    CAPTURE(ended.out, ended.err);
    CHECK(ended.code == 0);
    CHECK(ended.err == "");
    CHECK(ended.out.starts_with("SETTING "));
    CHECK(ended.out.find("--limit\n") != std::string::npos);
    CHECK(log.entries().empty());
    CHECK(simulator.requests().empty());
}

TEST_CASE("config goes on without the required settings, and ends with what is wrong")
{
    auto const ended = run_program({"config"}, {});
    CHECK(ended.code == 2);
    CHECK(ended.out.find("unset (required)") != std::string::npos);
    CHECK(ended.err.starts_with("freshchat-backfill: FRESHCHAT_DOMAIN is not set"));
    CHECK(lines_of(ended.err).size() == 1);
}
