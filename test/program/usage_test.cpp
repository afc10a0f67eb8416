// Wrong settings: one line on stderr that names the culprit, exit 2, and nothing was sent to either side.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

using namespace backfill::test;

namespace {

struct BadUse {
    std::vector<std::string> arguments;
    Environment changes;
    std::vector<std::string> said;
};

} // namespace

TEST_CASE("what is refused is named in one line, with exit 2, before anything is sent")
{
    empty_tables();
    Simulator const simulator{Conversations{}};
    AccessLog const log;
    ScratchFile const broken{"BATCH_SIZE=5\nFRESHCHAT_DOMAIN hunter2\n"};
    for (auto const& use : {BadUse{{}, {}, {"command"}}, {{"walk"}, {}, {"walk"}}, {{"run", "extra"}, {}, {"extra"}},
             {{"run"}, {{"BATCH_SIZE", "five"}}, {"BATCH_SIZE=five", "from", "to"}},
             {{"dry-run", "--limit", "0"}, {}, {"--limit=0"}},
             {{"doctor", "--json"}, {{"BATCH_SIZE", "0"}}, {"BATCH_SIZE=0: must be a whole number from 1 to 1000"}},
             {{"run"}, {{"PACE", "brisk"}}, {"PACE=brisk", "fixed"}},
             {{"run"}, {{"SUPABASE_URL", ""}}, {"SUPABASE_URL", "not set"}},
             {{"run", "--freshchat-token=hunter2"}, {}, {"--freshchat-token"}},
             {{"run"}, {{"FRESHCHAT_TOKEN", "hunter2\nx"}}, {"FRESHCHAT_TOKEN", "control character"}},
             {{"run"}, {{"FRESHCHAT_TOKEN", ""}, {"FRESHCHAT_TOKEN_FILE", "/does/not/exist"}}, {"=/does/not/exist"}},
             {{"run", "--env-file=" + broken.path()}, {}, {"--env-file=", "line 2"}},
             {{"run", "--env-file=/does/not/exist"}, {}, {"--env-file=/does/not/exist"}},
             {{"run"}, {{"FRESHCHAT_DOMAIN", "https://user:hunter2@acme.example.com"}}, {"FRESHCHAT_DOMAIN"}},
             {{"run"}, {{"CA_FILE", "/does/not/exist"}}, {"CA_FILE=/does/not/exist"}}}) {
        auto const ended = run_program(use.arguments, with(settings_for(simulator), use.changes));
        CAPTURE(use.arguments, use.changes, ended.out, ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.out == "");
        CHECK(lines_of(ended.err).size() == 1);
        CHECK(ended.err.starts_with("freshchat-backfill: "));
        CHECK(ended.err.ends_with("\n"));
        for (auto const& piece : use.said) {
            CHECK(ended.err.find(piece) != std::string::npos);
        }
        CHECK(ended.err.find("hunter2") == std::string::npos);
    }
    CHECK(simulator.requests().empty());
    CHECK(log.entries().empty());
}

TEST_CASE("help and version need no setting")
{
    for (auto const& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"run", "--help"},
             {"dry-run", "--help"}, {"config", "--help"}, {"status", "--help"}, {"doctor", "--help"},
             {"schema", "--help"}, {"--version"}, {"run", "--version"}}) {
        auto const ended = run_program(arguments, {});
        CAPTURE(arguments);
        CHECK(ended.code == 0);
        CHECK(ended.err == "");
        CHECK(ended.out.starts_with("freshchat-backfill "));
    }
    auto const help = run_program({"--help"}, {{"BATCH_SIZE", "not looked at"}}).out;
    for (auto const* name : {"FRESHCHAT_TOKEN", "SUPABASE_URL", "--limit 5", "--env-file", "Exit codes", "dry-run"}) {
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
    CHECK(lines_of(ended.err).size() == 4);
}

TEST_CASE("schema prints SQL for the role of the key, without any other setting, and sends nothing")
{
    AccessLog const log;
    auto const plain = run_program({"schema"}, {});
    CHECK(plain.code == 0);
    CHECK(plain.err == "");
    CHECK(plain.out.find("grant select on public.\"Conversation\" to service_role;\n") != std::string::npos);
    CHECK(plain.out.ends_with("notify pgrst, 'reload schema';\n"));
    auto const& stack = Stack::local();
    for (auto const& [name, key, role] :
        std::vector<std::array<std::string, 3>>{{"SUPABASE_SECRET_KEY", stack.value("SECRET_KEY"), "service_role"},
            {"SUPABASE_SERVICE_ROLE_KEY", stack.value("SERVICE_KEY"), "service_role"},
            {"SUPABASE_SERVICE_ROLE_KEY", stack.value("HASTY_KEY"), "hasty_service"},
            {"SUPABASE_ANON_KEY", stack.value("ANON_KEY"), "anon"},
            {"SUPABASE_PUBLISHABLE_KEY", stack.value("PUBLISHABLE_KEY"), "anon"}}) {
        auto const ended = run_program({"schema"}, {{name, key}});
        CAPTURE(name, role, ended.out);
        CHECK(ended.code == 0);
        CHECK(ended.out.find(" to " + role + ";\n") != std::string::npos);
        CHECK((ended.out.find("create policy") == std::string::npos) == (role == "service_role"));
    }
    auto const refused = run_program({"schema", "--message-key=nr"}, {});
    CHECK(refused.code == 2);
    CHECK(refused.out == "");
    CHECK(log.entries().empty());
}
