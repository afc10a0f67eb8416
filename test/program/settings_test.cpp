// Where settings come from, who wins, and that each reaches what it is for.

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

using namespace backfill::test;

namespace {

Conversations one()
{
    return {{"c", messages("m", 2)}};
}

} // namespace

TEST_CASE("all settings can come from an env file, with comments, exports, quotes and Windows line ends")
{
    store_only({"c"});
    Simulator const simulator{one()};
    auto const base = settings_for(simulator);
    ScratchFile const file{"\xEF\xBB\xBF# settings\r\n\r\nexport FRESHCHAT_TOKEN=\"" + base.at("FRESHCHAT_TOKEN")
        + "\"\r\nFRESHCHAT_DOMAIN='" + base.at("FRESHCHAT_DOMAIN") + "' # ours\r\nSUPABASE_URL = "
        + base.at("SUPABASE_URL") + "  \r\nSUPABASE_SERVICE_ROLE_KEY=" + base.at("SUPABASE_SERVICE_ROLE_KEY")
        + "\r\nRATE_LIMIT_DELAY=0\r\nMESSAGE_TABLE=$HOME\r\nMESSAGE_TABLE=Message\r\n"};
    auto const run = run_program({"run", "--env-file", file.path()}, {});
    CHECK(run.code == 0);
    CHECK(run.err == "");
    CHECK(row_count() == 2);
}

TEST_CASE("secrets can come from files, named in the environment or in an env file")
{
    store_only({"c"});
    Simulator const simulator{one()};
    auto const base = settings_for(simulator);
    ScratchFile const token{base.at("FRESHCHAT_TOKEN") + "\r\n"};
    ScratchFile const key{"\"" + base.at("SUPABASE_SERVICE_ROLE_KEY") + "\"\n"};
    ScratchFile const file{"SUPABASE_SERVICE_ROLE_KEY_FILE=" + key.path() + "\n"};
    auto const settings = with(
        base, {{"FRESHCHAT_TOKEN", ""}, {"SUPABASE_SERVICE_ROLE_KEY", ""}, {"FRESHCHAT_TOKEN_FILE", token.path()}});
    auto const run = run_program({"run", "--env-file=" + file.path()}, settings);
    CHECK(run.code == 0);
    CHECK(run.err == "");
    CHECK(row_count() == 2);
    std::filesystem::permissions(key.path(), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    CHECK(run_program({"run", "--env-file=" + file.path()}, settings).err
        == "[Backfill] Warning: SUPABASE_SERVICE_ROLE_KEY_FILE in " + file.path()
            + " names a file that other users of this machine can read; chmod 600 it.\n");
}

TEST_CASE("a name that is nearly a setting's is told of, in the environment and in an env file")
{
    store_only({"c"});
    Simulator const simulator{one()};
    ScratchFile const file{"CONCURENCY=4\n"};
    auto const run =
        run_program({"run", "--env-file=" + file.path()}, with(settings_for(simulator), {{"BATCH_SIZ", "5"}}));
    CHECK(run.code == 0);
    CHECK(run.err
        == "[Backfill] Warning: BATCH_SIZ is no setting, so it has no effect; did you mean BATCH_SIZE?\n"
           "[Backfill] Warning: CONCURENCY in "
            + file.path() + " is no setting, so it has no effect; did you mean CONCURRENCY?\n");
}

TEST_CASE("FRESHCHAT_DOMAIN may have a path, end in /v2 or in a slash")
{
    auto const [prefix, after] = GENERATE(
        table<std::string, std::string>({{"/acme/api", ""}, {"/acme/api", "/"}, {"/acme/api", "/v2"}, {"", "/v2/"}}));
    store_only({"c"});
    Simulator const simulator{one(), {.prefix = prefix}};
    auto const run =
        run_program({"run"}, with(settings_for(simulator), {{"FRESHCHAT_DOMAIN", simulator.base_url() + after}}));
    CHECK(run.code == 0);
    CHECK(row_count() == 2);
}

TEST_CASE("with policies that allow it an anon key works, with a warning; a service key beside it wins")
{
    store_only({std::string{"c"}}, "Conversation_open");
    Simulator const simulator{one()};
    auto const& stack = Stack::local();
    auto const [name, key] = GENERATE_REF(table<std::string, std::string>(
        {{"SUPABASE_ANON_KEY", stack.value("ANON_KEY")}, {"SUPABASE_PUBLISHABLE_KEY", stack.value("PUBLISHABLE_KEY")},
            {"NEXT_PUBLIC_SUPABASE_ANON_KEY", stack.value("ANON_KEY")}}));
    auto const settings = with(settings_for(simulator),
        {{"CONVERSATION_TABLE", "Conversation_open"}, {"MESSAGE_TABLE", "Message_open"}, {name, key}});
    auto const anon = run_program({"run"}, with(settings, {{"SUPABASE_SERVICE_ROLE_KEY", ""}}));
    CHECK(anon.code == 0);
    CHECK(lines_of(anon.err).size() == 1);
    CHECK(anon.err.find("row-level security") != std::string::npos);
    CHECK(row_count("Message_open") == 2);
    auto const service = run_program({"run"}, settings);
    CHECK(service.code == 0);
    CHECK(service.err == "");
}

TEST_CASE("over TLS a private root is trusted when CA_FILE names it, and not otherwise")
{
    store_only({"c"});
    Simulator const simulator{one()};
    auto const& stack = Stack::local();
    auto const settings = with(settings_for(simulator), {{"SUPABASE_URL", stack.value("HTTPS_URL")}});
    auto const trusted = run_program({"run"}, with(settings, {{"CA_FILE", stack.value("CA_FILE")}}));
    CHECK(trusted.code == 0);
    CHECK(row_count() == 2);
    auto const refused = run_program({"run"}, settings);
    CHECK(refused.code == 1);
    CHECK(refused.err.find("CA_FILE") != std::string::npos);
}

TEST_CASE("the system's roots are found as one file and as a folder with an index, and nowhere else")
{
    store_only({"c"});
    auto const& stack = Stack::local();
    Simulator const simulator{one()};
    auto const settings = with(settings_for(simulator), {{"SUPABASE_URL", stack.value("HTTPS_URL")}});
    auto const root = stack.value("CA_FILE");
    auto const folder = std::filesystem::temp_directory_path() / ("backfill-test-roots-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    Subprocess openssl{{find_program("openssl"), "x509", "-noout", "-hash", "-in", root}, {}};
    auto const hash = lines_of(openssl.wait().out).at(0);
    std::filesystem::copy_file(root, folder / (hash + ".0"));
    CHECK(run_program({"run"}, with(settings, {{"SSL_CERT_FILE", root}})).code == 0);
    CHECK(run_program({"run"}, with(settings, {{"SSL_CERT_DIR", folder.string()}})).code == 0);
    CHECK(run_program({"run"}, with(settings, {{"SSL_CERT_FILE", root}, {"SSL_CERT_DIR", folder.string()}})).code == 0);
    std::filesystem::remove_all(folder);
    CHECK(run_program({"run"}, with(settings, {{"SSL_CERT_DIR", folder.string()}})).code == 1);
}

TEST_CASE("columns can have other names, and raw keeps the whole message; a second run finds them stored")
{
    store_only({"c"});
    Simulator const simulator{one()};
    auto const settings = with(settings_for(simulator),
        {{"MESSAGE_TABLE", "Message_mapped"},
            {"MESSAGE_COLUMNS",
                "id=msg_id, conversationid=conv, actor_type=who, message_parts=body, created_time=at, raw=payload"}});
    auto const first = run_program({"run"}, settings);
    CHECK(first.code == 0);
    CHECK(
        psql(R"(select msg_id, conv, who, body, at at time zone 'UTC', payload->>'message_type' from "Message_mapped" )"
             "order by msg_id")
        == "m1|c|user|text of m1|2025-06-01 00:00:01|normal\nm2|c|user|text of m2|2025-06-01 00:00:02|normal");
    auto const second = run_program({"run"}, settings);
    CHECK(second.out.find("✓ Conversation c: 0 new, 2 skipped, 2 total\n") != std::string::npos);
}

TEST_CASE("messages are excluded by actor and by type, compared without case")
{
    auto note = message_json("note", "a note", 3);
    note.replace(note.find("normal"), 6, "private");
    auto const robot = message_json("robot", "a robot", 2, "SYSTEM");
    Simulator const simulator{Conversations{{"c", {note, robot, message_json("human", "a human", 1)}}}};
    auto const stored = [&](Environment const& changes) {
        store_only({"c"});
        CHECK(run_program({"run"}, with(settings_for(simulator), changes)).code == 0);
        return psql(R"(select string_agg(id, ' ' order by id) from "Message")");
    };
    CHECK(stored({}) == "human note");
    CHECK(stored({{"EXCLUDE_ACTOR_TYPES", "none"}}) == "human note robot");
    CHECK(stored({{"EXCLUDE_ACTOR_TYPES", "User"}}) == "robot");
    CHECK(stored({{"EXCLUDE_MESSAGE_TYPES", "Private,system"}}) == "human");
}
