// CONVERSATION_FILTER: which rows of the conversation table every command sees.

#include "program/nights_town.hpp"
#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <regex>
#include <string>
#include <tuple>
#include <vector>

using namespace backfill::test;

namespace {

/// a to f, with values of every awkward kind; each has two messages.
struct Desk {
    Desk() : simulator{conversations()}
    {
        store_only(std::vector<std::string>{"a", "b", "c", "d", "e", "f"});
        psql(R"(update "Conversation" set status = v.status, channel_id = v.channel, custom_properties = v.more::jsonb
            from (values ('a', 'open', 'web', '{"plan":"pro"}'), ('b', 'resolved', 'web', '{"plan":"free"}'),
                ('c', 'Müller & Co', 'a,b', null), ('d', '50% + tax', 'say "hi"', null),
                ('e', null, 'c\d', null), ('f', 'open', 'app', '{"plan":"pro"}')) v(id, status, channel, more)
            where "Conversation".id = v.id)");
    }

    static Conversations conversations()
    {
        Conversations held;
        for (auto const* id : {"a", "b", "c", "d", "e", "f"}) {
            held[id] = messages(id, 2);
        }
        return held;
    }

    Ended run(std::vector<std::string> arguments, Environment const& changes = {}, std::string const& command = "run")
    {
        simulator.clear_requests();
        arguments.insert(arguments.begin(), command);
        return run_program(arguments, with(settings_for(simulator), changes));
    }

    std::string asked() const
    {
        std::string all;
        for (auto const& request : simulator.requests()) {
            all += (all.empty() ? "" : " ") + request.conversation;
        }
        return all;
    }

    Simulator simulator;
};

} // namespace

TEST_CASE("filters of every form choose the rows that PostgREST would")
{
    Desk desk;
    using Filters = std::vector<std::string>;
    using Row = std::tuple<Filters, std::string>;
    for (auto const& [filters, chosen] : {
             Row{{"status=eq.open"}, "a f"},
             Row{{"status=neq.resolved"}, "a c d f"},
             Row{{"status=is.null"}, "e"},
             Row{{"status=not.is.null"}, "a b c d f"},
             Row{{"channel_id=in.(web,app)"}, "a b f"},
             Row{{R"(channel_id=in.("a,b","say \"hi\""))"}, "c d"},
             Row{{"channel_id=eq.c\\d"}, "e"},
             Row{{"channel_id=in.()"}, ""},
             Row{{"status=like.Müller _ Co"}, "c"},
             Row{{"status=eq.50% + tax"}, "d"},
             Row{{"status=like.50%"}, "d"},
             Row{{"status=ilike.OP*"}, "a f"},
             Row{{"status=eq(any).{open,resolved}"}, "a b f"},
             Row{{"custom_properties->>plan=eq.pro"}, "a f"},
             Row{{"custom_properties=cs.{\"plan\":\"free\"}"}, "b"},
             Row{{"status=eq.open", "channel_id=eq.web"}, "a"},
             Row{{"or=(status.eq.resolved,channel_id.eq.app)"}, "b f"},
             Row{{"or=(status.eq.resolved,channel_id.eq.app)", "or=(id.eq.b,id.eq.a)"}, "b"},
             Row{{"not.or=(status.eq.open,status.is.null)"}, "b c d"},
             Row{{"and=(status.eq.open,or(channel_id.eq.web,id.eq.b))"}, "a"},
             Row{{"id=in.(b,e)"}, "b e"},
             Row{{"id=gt.d"}, "e f"},
             Row{{"created_time=gte.2025-01-01T02:03:00+02:00"}, "d e f"},
             Row{{"created_time=lt.2025-01-01T00:01:00Z"}, "a"},
         }) {
        Environment settings;
        std::vector<std::string> options;
        for (auto const& filter : filters) {
            options.push_back("--where=" + filter);
            settings["CONVERSATION_FILTER"] += filter + "\n";
        }
        options.emplace_back("--batch-size=1");
        CAPTURE(filters);
        auto const by_options = desk.run(options);
        CAPTURE(by_options.out, by_options.err);
        CHECK(by_options.code == 0);
        CHECK(desk.asked() == chosen);
        CHECK(desk.run({}, settings, "dry-run").code == 0);
        CHECK(desk.asked() == chosen);
    }
}

TEST_CASE("a filter holds with dates, limits, shards, chosen ids, without a time, and for rows without one")
{
    Desk desk;
    psql("update \"Conversation\" set created_time = null where id in ('b', 'f')");
    CHECK(desk.run({"--where=status=in.(open,resolved)", "--batch-size=1"}).code == 0);
    CHECK(desk.asked() == "a b f");
    CHECK(desk.run({"--where=channel_id=in.(web,app)", "--created-to=2025-01-02"}).code == 0);
    CHECK(desk.asked() == "a");
    CHECK(desk.run({"--where=status=not.is.null", "--conversation-columns=id", "--limit=3"}).code == 0);
    CHECK(desk.asked() == "a b c");
    std::string both;
    for (auto const* shard : {"0/2", "1/2"}) {
        CHECK(desk.run({"--where=status=eq.open", std::string{"--shard="} + shard}).code == 0);
        both += desk.asked();
    }
    std::ranges::sort(both);
    CHECK(both == "af");
    auto const chosen = desk.run({"--where=status=eq.open", "--conversation-id=a", "--conversation-id=b"});
    CHECK(chosen.code == 0); // b is left out, and has not failed
    CHECK(desk.asked() == "a");
    CHECK(summary_of(chosen.out).conversations == 1);
    auto const unknown = desk.run({"--where=status=eq.open", "--conversation-id=a", "--conversation-id=x"});
    CHECK(unknown.code == 3);
    CHECK(unknown.err.find("conversation x: it is not in table Conversation") != std::string::npos);
}

TEST_CASE("status, verify and doctor see the same rows, and a run with a small page goes on behind its filter")
{
    Desk desk;
    REQUIRE(desk.run({}).code == 0);
    auto const status = desk.run({"--where=status=eq.open", "--json"}, {}, "status");
    CHECK(status.out.find(R"("messages":4,"conversations":2,"conversations_with_messages":2,)") != std::string::npos);
    psql("delete from \"Message\" where conversationid = 'f'; delete from \"Message\" where id = 'a1'");
    auto const list = desk.run({"--where=status=eq.open", "--list"}, {}, "status");
    CHECK(list.out.find("Messages:                  1\nConversations:             2\n  with messages:           1\n")
        != std::string::npos);
    CHECK(list.out.find("Smallest conversation:     1 message, a\nLargest conversation:      1 message, a\n")
        != std::string::npos);
    CHECK(list.out.ends_with("Conversations without messages:\nf\n"));
    CHECK(desk.run({"--where=status=eq.resolved"}, {}, "verify").code == 0);
    CHECK(desk.asked() == "b");
    CHECK(desk.run({"--where=status=eq.open"}, {}, "verify").code == 3);
    auto const doctor = desk.run({"--where=status=eq.open"}, {}, "doctor");
    CHECK(doctor.code == 0);
    CHECK(doctor.out.find("a run would take 2 conversations") != std::string::npos);
    CHECK(doctor.out.find("Conversation can be read and has 6 rows") != std::string::npos);
}

TEST_CASE("a filter that matches nothing is no error, with any key that sees the table")
{
    Desk desk;
    auto const none = desk.run({"--where=status=eq.nowhere"});
    CHECK(none.code == 0);
    CHECK(none.out.find("[Backfill] Found 0 conversations to process\n") != std::string::npos);
    CHECK(desk.asked().empty());
    psql("insert into \"Conversation_open\" (id) values ('a')");
    auto const anon = desk.run({"--where=status=eq.nowhere"},
        {{"CONVERSATION_TABLE", "Conversation_open"}, {"MESSAGE_TABLE", "Message_open"},
            {"SUPABASE_SERVICE_ROLE_KEY", ""}, {"SUPABASE_ANON_KEY", Stack::local().value("ANON_KEY")}});
    CAPTURE(anon.err);
    CHECK(anon.code == 0);
}

TEST_CASE("the preflight names the filter that the table or the server refuses")
{
    Desk desk;
    auto const check = [&desk](std::string const& command, std::string const& filter) {
        auto const ended = desk.run({"--where=id=not.is.null", "--where=" + filter}, {}, command);
        CAPTURE(command, ended.out, ended.err);
        CHECK(ended.code == 1);
        CHECK((ended.err + ended.out).find("CONVERSATION_FILTER (--where) " + filter + " is refused: HTTP 40")
            != std::string::npos);
        CHECK(ended.err.find("table Conversation: HTTP") == std::string::npos);
        CHECK((command == "doctor" || desk.asked().empty()));
    };
    for (auto const* filter : {"status=equals.open", "status=in.open", "created_time=gte.gestern",
             "created_time=like.2025*", "or=(open)", "Message.id=eq.1", "custom_properties=cs.pro"}) {
        check("run", filter);
    }
    for (auto const* command : {"status", "verify", "doctor"}) {
        check(command, "status=equals.open");
    }
    check("run", "or=(status.eq.open,stauts.is.null)"); // takes 5 s: the API may not know a new column yet
}

TEST_CASE("what is no filter is refused before anything is sent, each by its name")
{
    Desk desk;
    auto const wrong = desk.run({}, {{"CONVERSATION_FILTER", "status=eq.open\nlimit=5"}});
    CHECK(wrong.code == 2);
    CHECK(wrong.err.find("CONVERSATION_FILTER=limit=5: limit is no filter") != std::string::npos);
    auto const both = desk.run({"--where=status=open", "--where=a=eq.1&b=eq.2"});
    CHECK(both.code == 2);
    CHECK(both.err.find("--where=status=open: has no operator before the value: status=eq.VALUE") != std::string::npos);
}

TEST_CASE("a filter may be as long as a URL: chosen conversations that it takes are found behind others")
{
    Desk desk;
    auto const filter = "status=in.(open," + std::string(2850, 'x') + ")";
    CHECK(desk.run({"--where=" + filter, "--conversation-id=b", "--conversation-id=f"}).code == 0);
    CHECK(desk.asked() == "f");
}

TEST_CASE("a filter that is too long for a proxy or the API is named with its length, and what to give in its place")
{
    Desk desk;
    auto const long_filter = [](std::size_t size) { return "status=in.(open," + std::string(size, 'x') + ")"; };
    for (auto const* command : {"run", "status", "doctor"}) {
        auto const ended = desk.run({"--where=" + long_filter(9000)}, {}, command);
        CAPTURE(command, ended.out, ended.err);
        CHECK(ended.code == 1);
        auto const told = ended.err + ended.out;
        auto const begin = told.find("table Conversation: HTTP 414");
        REQUIRE(begin != std::string::npos);
        CHECK(std::regex_search(told.substr(begin), std::regex{"The query has 90[0-9]{2} bytes"}));
        CHECK(told.find("Shorten CONVERSATION_FILTER (--where)", begin) != std::string::npos);
        CHECK(told.find("xxx") == std::string::npos);
    }
    auto const beyond = desk.run({"--where=" + long_filter(30000), "--where=" + long_filter(19000)});
    CHECK(beyond.code == 2);
    CHECK(beyond.err.find("CONVERSATION_FILTER (--where): the filters have 490") != std::string::npos);
}

TEST_CASE("the place of a stopped run belongs to its filters, in whatever order they are given")
{
    Desk desk;
    ScratchFile const state{"{\"version\":1}"};
    Environment const slow{{"STATE_FILE", state.path()}, {"RATE_LIMIT_DELAY", "700"}, {"MAX_DURATION", "2s"}};
    auto const first = desk.run({"--where=status=not.is.null", "--where=id=neq.a"}, slow);
    CHECK(first.code == 10);
    auto const begun = desk.asked();
    CHECK(begun.starts_with("b c"));
    Environment const quick{{"STATE_FILE", state.path()}};
    CHECK(desk.run({"--where=status=eq.open"}, quick).code == 0);
    CHECK(desk.asked() == "a f");
    auto const rest = desk.run({"--where=id=neq.a", "--where=status=not.is.null"}, quick);
    CHECK(rest.code == 0);
    CHECK(rest.err.find("Going on after conversation") != std::string::npos);
    CHECK(desk.asked().ends_with("f"));
    CHECK(desk.asked().find('b') == std::string::npos);
    CHECK(row_count() == 10);
}
