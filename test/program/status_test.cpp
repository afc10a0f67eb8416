// status: what the tables hold, read over PostgREST alone and compared with what SQL says.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/hostile_server.hpp"
#include "support/json.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <string>

using namespace backfill::test;

namespace {

/// Nothing of Freshchat in it.
Environment supabase_only()
{
    auto const& stack = Stack::local();
    return {{"SUPABASE_URL", stack.value("HTTP_URL")}, {"SUPABASE_SERVICE_ROLE_KEY", stack.value("SERVICE_KEY")}};
}

constexpr auto kWithout =
    R"(from "Conversation" c where not exists (select 1 from "Message" m where m.conversationid = c.id))";

std::string timestamp(std::string const& what)
{
    return psql(
        "select to_char(" + what + R"((created_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') from "Message")");
}

World stored_world()
{
    auto const world = World::make({.conversations = 300, .odd_ids = OddIds::yes});
    store_only(world);
    Simulator const simulator{world};
    REQUIRE(run_program({"run"}, with(settings_for(simulator), {{"CONCURRENCY", "4"}})).code == 0);
    psql(
        R"(delete from "Message" where conversationid in (select id from "Conversation" order by created_time, id limit 7))");
    return world;
}

} // namespace

TEST_CASE("status says what SQL says, in text and in JSON, and sends nothing but GET")
{
    stored_world();
    AccessLog const log;
    auto const text = run_program({"status"}, supabase_only());
    auto const json = run_program({"status", "--json", "--list"}, supabase_only());
    CAPTURE(text.out, json.out);
    CHECK(text.code == 0);
    CHECK(text.err == "");
    CHECK(json.code == 0);
    CHECK(json.err == "");
    CHECK(posts(log.entries()) == 0);
    REQUIRE(lines_of(json.out).size() == 1);
    auto const facts = parsed(json.out);
    auto const number = [&](std::string const& key) { return std::to_string(facts->getValue<int>(key)); };
    CHECK(number("messages") == psql("select count(*) from \"Message\""));
    CHECK(number("conversations") == "300");
    CHECK(number("conversations_without_messages") == psql(std::string{"select count(*) "} + kWithout));
    CHECK(number("conversations_with_messages") == psql("select count(distinct conversationid) from \"Message\""));
    CHECK(facts->getValue<std::string>("oldest").starts_with(timestamp("min")));
    CHECK(facts->getValue<std::string>("newest").starts_with(timestamp("max")));
    auto const size = [&](std::string const& key) {
        auto const one = facts->getObject(key);
        auto const id = one->getValue<std::string>("conversation");
        CHECK(psql("select count(*) from \"Message\" where conversationid = " + sql_quoted(id))
            == std::to_string(one->getValue<int>("messages")));
        return std::to_string(one->getValue<int>("messages"));
    };
    std::string const sizes = R"(from (select count(*) n from "Message" group by conversationid) s)";
    CHECK(size("smallest") == psql("select min(n) " + sizes));
    CHECK(size("largest") == psql("select max(n) " + sizes));
    std::string listed;
    auto const list = facts->getArray("without_messages");
    for (unsigned i = 0; i < list->size(); ++i) {
        listed += (i == 0 ? "" : ", ") + sql_quoted(list->getElement<std::string>(i));
    }
    CHECK(std::to_string(list->size()) == number("conversations_without_messages"));
    CHECK(psql(std::string{"select count(*) "} + kWithout + " and c.id not in (" + listed + ")") == "0");

    CHECK(text.out.find("\nMessages:                  " + number("messages") + "\n") != std::string::npos);
    CHECK(text.out.find("\n  without messages:        " + number("conversations_without_messages") + "\n")
        != std::string::npos);
    for (std::string const key : {"time", "messages", "conversations", "conversations_with_messages",
             "conversations_without_messages", "oldest", "newest", "smallest", "largest", "without_messages"}) {
        CHECK(facts->has(key));
    }
}

TEST_CASE("more conversations and messages than the row cap are all counted")
{
    empty_tables();
    psql(R"(insert into "Conversation" (id) select 'c' || i from generate_series(1, 2500) i)");
    psql(R"(insert into "Message" select 'm' || c || '-' || i, 'c' || c, 'user', 'x', '2025-01-01' )"
         R"(from generate_series(1, 2400) c, generate_series(1, 1 + (c = 77)::int * 1500) i)");
    auto const json = parsed(run_program({"status", "--json"}, supabase_only()).out);
    CHECK(json->getValue<int>("messages") == 3900);
    CHECK(json->getValue<int>("conversations") == 2500);
    CHECK(json->getValue<int>("conversations_without_messages") == 100);
    CHECK(json->getObject("smallest")->getValue<int>("messages") == 1);
    CHECK(json->getObject("largest")->getValue<int>("messages") == 1501);
    CHECK(json->getObject("largest")->getValue<std::string>("conversation") == "c77");
    CHECK_FALSE(json->has("without_messages"));
}

TEST_CASE("rows that a run leaves out, since their id is empty or blank, are no conversations in status either")
{
    empty_tables();
    psql(R"(insert into "Conversation" (id) values (''), (' '), ('  '), (E'\t'), ('d'))");
    psql(R"(insert into "Message" values ('m', E'\t', 'user', 'x', '2025-01-01'))");
    for (auto const& options : {std::vector<std::string>{}, {"--list"}, {"--where", "id=neq.d"}}) {
        auto arguments = options;
        arguments.insert(arguments.begin(), {"status", "--json"});
        auto const json = parsed(run_program(arguments, supabase_only()).out);
        bool const has_d = options.size() < 2;
        CHECK(json->getValue<int>("conversations") == (has_d ? 2 : 1));
        CHECK(json->getValue<int>("conversations_without_messages") == (has_d ? 1 : 0));
        CHECK((options.size() != 1 || json->getArray("without_messages")->size() == 1));
    }
}

TEST_CASE("other names and a table without times are read as they are mapped")
{
    store_only({"c", "d"}, "Conversation_open");
    psql(R"(insert into "Message_mapped" (msg_id, conv, at) values ('m1', 'c', '2025-03-01'), ('m2', 'c', null))");
    auto const settings = with(supabase_only(),
        {{"CONVERSATION_TABLE", "Conversation_open"}, {"MESSAGE_TABLE", "Message_mapped"}, {"JSON_OUTPUT", "1"}});
    auto const timed = parsed(
        run_program({"status", "--message-columns=id=msg_id,conversationid=conv,created_time=at"}, settings).out);
    CHECK(timed->getValue<int>("messages") == 2);
    CHECK(timed->getValue<int>("conversations_without_messages") == 1);
    CHECK(timed->getValue<std::string>("oldest") == "2025-03-01T00:00:00Z");
    auto const untimed =
        parsed(run_program({"status", "--message-columns=id=msg_id,conversationid=conv"}, settings).out);
    CHECK(untimed->isNull("oldest"));
    CHECK(untimed->isNull("newest"));
}

TEST_CASE("what is wrong at Supabase is fatal, in the words of a run")
{
    store_only({"c"});
    auto const& stack = Stack::local();
    struct Case {
        Environment changes;
        std::vector<std::string> said;
    };
    std::vector<Case> const cases{{{{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_wrong"}}, {"HTTP 401", "key"}},
        {{{"CONVERSATION_TABLE", "Nope"}}, {"Nope", "CONVERSATION_TABLE"}},
        {{{"MESSAGE_TABLE", "Nope"}}, {"Nope", "MESSAGE_TABLE"}},
        {{{"MESSAGE_TABLE", "Message_no_select"}}, {"42501", "grant select"}},
        {{{"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", stack.value("ANON_KEY")}}, {"row-level security"}}};
    std::vector<std::unique_ptr<Subprocess>> programs;
    for (auto const& one : cases) {
        programs.push_back(start_program({"status", "--json", "--watch=5"}, with(supabase_only(), one.changes)));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
        auto const ended = programs[i]->wait();
        CAPTURE(cases[i].said, ended.out, ended.err);
        CHECK(ended.code == 1);
        CHECK(ended.out == "");
        auto const fatal = lines_of(ended.err).back();
        CHECK(fatal.starts_with("[Backfill] Fatal: "));
        for (auto const& piece : cases[i].said) {
            CHECK(fatal.find(piece) != std::string::npos);
        }
        expect_no_secret(ended, with(supabase_only(), cases[i].changes));
    }
}

TEST_CASE("watching looks again until a signal, and sees what a run stores meanwhile")
{
    store_only({"c"});
    auto const [signal, code] = GENERATE(table<int, int>({{SIGINT, 130}, {SIGTERM, 143}}));
    auto const program = start_program({"status", "--json", "--watch", "1"}, supabase_only());
    REQUIRE(program->wait_for(Stream::out, "\"messages\":0,"));
    Simulator const simulator{Conversations{{"c", messages("m", 3)}}};
    REQUIRE(run_program({"run"}, settings_for(simulator)).code == 0);
    REQUIRE(program->wait_for(Stream::out, "\"messages\":3,"));
    program->send(signal);
    auto const ended = program->wait(std::chrono::seconds{8});
    CHECK(ended.code == code);
    CHECK(ended.err == "");
    for (auto const& line : lines_of(ended.out)) {
        CHECK(parsed(line)->getValue<int>("conversations") == 1);
    }
}

TEST_CASE("a signal while Supabase does not answer ends it at once")
{
    HostileServer const silent{[](Peer& peer) {
        peer.read_request();
        peer.wait_for_hang_up();
    }};
    auto const program = start_program(
        {"status"}, with(supabase_only(), {{"SUPABASE_URL", "http://localhost:" + std::to_string(silent.port())}}));
    silent.wait_for_connections(1);
    program->send(SIGTERM);
    CHECK(program->wait(std::chrono::seconds{4}).code == 143);
}
