// Rows that the database refuses: in one run, on the second night, and a table that takes nothing at all. However it
// says so, no row takes another with it.

#include "program/tables.hpp"
#include "support/access_log.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

std::vector<std::string> ids(std::string const& prefix, std::size_t from, std::size_t to)
{
    std::vector<std::string> list;
    for (auto i = from; i < to; ++i) {
        list.push_back(prefix + std::to_string(1000 + i));
    }
    return list;
}

/// `count` messages in each.
Conversations with_messages(std::vector<std::string> const& conversations, int count)
{
    Conversations all;
    for (auto const& id : conversations) {
        all[id] = messages(id + "-", count);
    }
    return all;
}

/// Message_refusing with a trigger that runs this PL/pgSQL before each row.
struct Refusing {
    explicit Refusing(std::string const& body)
    {
        psql("truncate \"Message_refusing\"; create function refusing() returns trigger language plpgsql as $body$ "
             "begin "
            + body
            + " return new; end $body$; create trigger refusing before insert on \"Message_refusing\" for each row "
              "execute function refusing()");
    }
    ~Refusing() { psql("drop function refusing() cascade"); }
    Refusing(Refusing const&) = delete;
    Refusing& operator=(Refusing const&) = delete;

    std::size_t rows() const { return row_count("Message_refusing"); }
};

Environment settings_of(Simulator const& simulator)
{
    return with(settings_for(simulator), {{"MESSAGE_TABLE", "Message_refusing"}});
}

std::size_t upserts(AccessLog const& log)
{
    return posts_with_rows(log.entries());
}

} // namespace

TEST_CASE("of 360 messages of which three are refused the others are stored, whatever the code and the pace")
{
    auto const [code, pace] = GENERATE(table<std::string, std::string>({{"P0002", "fixed"}, {"P0002", "adaptive"},
        {"42501", "adaptive"}, {"PT403", "fixed"}, {"XX000", "adaptive"}, {"ZZ999", "fixed"}}));
    CAPTURE(code, pace);
    Refusing const table{
        "if new.conversationid = 'c1003' then raise exception using errcode = '" + code + "'; end if;"};
    auto const conversations = ids("c", 0, 120);
    store_only(conversations);
    Simulator const simulator{with_messages(conversations, 3)};
    Environment const changes =
        pace == "fixed" ? Environment{} : Environment{{"PACE", "adaptive"}, {"MAX_REQUESTS_PER_MINUTE", "60000"}};
    for (int night = 0; night < 2; ++night) {
        auto const run = run_program({"run"}, with(settings_of(simulator), changes));
        CAPTURE(run.err);
        CHECK(run.code == 3);
        CHECK(table.rows() == 357);
        CHECK(summary_of(run.out).messages_failed == 3);
        CHECK(run.err.find("message c1003-1 of conversation c1003: HTTP ") != std::string::npos);
        CHECK(run.err.find(code) != std::string::npos);
        CHECK(run.err.find("was not answered") == std::string::npos);
    }
}

TEST_CASE("what was refused last night does not keep this night's conversations out")
{
    Refusing const table{"if new.id ~ '^c10[0-3].-1$' then raise exception 'no'; end if;"};
    auto const first_night = ids("c", 0, 60);
    store_only(first_night);
    auto all = with_messages(first_night, 3);
    {
        Simulator const simulator{all};
        auto const run = run_program({"run"}, settings_of(simulator));
        CHECK(run.code == 3);
        CHECK(table.rows() == 140);
    }
    auto second_night = ids("c", 0, 70);
    store_only(second_night);
    all = with_messages(second_night, 3);
    Simulator const simulator{all};
    auto const how = GENERATE(std::vector<std::string>{"run"}, std::vector<std::string>{"verify", "--repair"},
        std::vector<std::string>{"run", "--mode=incremental"});
    CAPTURE(how);
    auto const run = run_program(how, settings_of(simulator));
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(table.rows() == 170);
}

TEST_CASE("a long conversation of which every message is refused does not keep the others out")
{
    Refusing const table{"if new.conversationid = 'c1000' then raise exception 'no'; end if;"};
    auto const conversations = ids("c", 0, 5);
    store_only(conversations);
    auto all = with_messages(conversations, 3);
    all["c1000"] = messages("c1000-", 25);
    Simulator const simulator{all};
    auto const run = run_program({"run"}, settings_of(simulator));
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(table.rows() == 12);
    CHECK(summary_of(run.out).messages_failed == 25);
}

TEST_CASE("a table that refuses everything ends the run on evidence from five conversations and the newest")
{
    Refusing const table{"raise exception 'no';"};
    auto const conversations = ids("c", 0, 40);
    store_only(conversations);
    Simulator const simulator{with_messages(conversations, 700)};
    auto const extra = GENERATE(
        Environment{}, Environment{{"CONCURRENCY", "8"}}, Environment{{"BATCH_DELAY", "1"}, {"BATCH_SIZE", "1"}});
    AccessLog const log;
    auto const run = run_program({"run"}, with(settings_of(simulator), extra));
    CAPTURE(run.err);
    CHECK(run.code == 1);
    CHECK(run.err.find("none of the rows tried") != std::string::npos);
    CHECK(run.err.find("P0001") != std::string::npos);
    CHECK(upserts(log) <= 200);
    CHECK(table.rows() == 0);
}

TEST_CASE("with fewer than five conversations a table that refuses everything fails its messages, not the run")
{
    Refusing const table{"raise exception 'no';"};
    auto const conversations = ids("c", 0, 4);
    store_only(conversations);
    Simulator const simulator{with_messages(conversations, 3)};
    auto const run = run_program({"run"}, settings_of(simulator));
    CHECK(run.code == 3);
    CHECK(summary_of(run.out).messages_failed == 12);
}

TEST_CASE("a table that takes only what is newer stores the newest, and the run goes on")
{
    Refusing const table{"if new.conversationid < 'c1035' then raise exception 'no partition'; end if;"};
    auto const conversations = ids("c", 0, 40);
    store_only(conversations);
    Simulator const simulator{with_messages(conversations, 3)};
    AccessLog const log;
    auto const run = run_program({"run"}, settings_of(simulator));
    CAPTURE(run.err);
    CHECK(run.code == 3);
    CHECK(table.rows() == 15);
    auto const summary = summary_of(run.out);
    CHECK(summary.conversations == 40);
    CHECK(summary.processed == 40);
    CHECK(summary.inserted == 15);
    CHECK(summary.messages_failed == 105);
    CHECK(tally_of(run.out).lines == 40);
}

TEST_CASE("a lone refused row costs no more requests than finding it by halves")
{
    Refusing const table{"if new.id = 'c1002-77' then raise exception 'no'; end if;"};
    auto const conversations = ids("c", 0, 5);
    store_only(conversations);
    Simulator const simulator{with_messages(conversations, 100)};
    AccessLog const log;
    auto const run = run_program({"run"}, settings_of(simulator));
    CHECK(run.code == 3);
    CHECK(table.rows() == 499);
    CHECK(upserts(log) <= 1 + 2 * 9 + 1);
}
