// The table of shapes: the built program with the tables that users have, on the local stack. Prints a line for each
// shape; exit 1 when one does not come to what it must. scripts/tables builds it and starts it.

#include "shapes/conversations.hpp"
#include "shapes/shape.hpp"

#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/simulator.hpp"
#include "support/stack.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace backfill::test {
namespace {

void replace_all(std::string& text, std::string const& what, std::string const& with)
{
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

/// Everything of the shape before is gone, with its schemas.
constexpr auto kFreshSchemas = R"(
    drop schema if exists public, crm, audit cascade;
    create schema public;
    create schema crm;
    grant usage on schema public to anon, authenticated, service_role;
    create table source (id text, created_time timestamptz);
)";

/// As Supabase had it for long; now new tables are granted to nobody.
constexpr auto kGrants = R"(
    grant usage on schema crm to anon, authenticated, service_role;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
)";

constexpr auto kReload = "; notify pgrst, 'reload schema'";

/// PostgREST reads the schema anew after a notice, which takes a moment: it names the columns of tables it has read.
void wait_for_reload(std::string const& mark)
{
    Poco::URI const url{Stack::local().value("HTTP_URL")};
    for (int tries = 0; tries < 500; ++tries) {
        Poco::Net::HTTPClientSession session{url.getHost(), url.getPort()};
        Poco::Net::HTTPRequest request{"POST", "/rest/v1/" + mark + "?columns=id", "HTTP/1.1"};
        request.set("apikey", Stack::local().value("SERVICE_KEY"));
        request.set("Authorization", "Bearer " + Stack::local().value("SERVICE_KEY"));
        request.setContentType("application/json");
        request.setContentLength(2);
        session.sendRequest(request) << "[]";
        Poco::Net::HTTPResponse response;
        session.receiveResponse(response);
        if (response.getStatus() == Poco::Net::HTTPResponse::HTTP_CREATED) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    throw std::runtime_error{"PostgREST did not read " + mark};
}

/// The text with the conversations' ids in place of $1 to $6.
std::string with_ids(Shape const& shape, std::string text)
{
    for (std::size_t i = 1; i <= kConversationCount; ++i) {
        replace_all(text, "$" + std::to_string(i), conversation_id(shape.ids, i));
    }
    return text;
}

/// What `pg_dump` has of all schemas.
std::string dump()
{
    auto const& stack = Stack::local();
    Subprocess child{{find_program("pg_dump"), "-s", "-h", stack.value("PGHOST"), "-p", stack.value("PGPORT"), "-U",
                         "postgres", stack.value("PGDATABASE")},
        {}};
    auto const ended = child.wait();
    if (ended.code != 0) {
        throw std::runtime_error{"pg_dump: " + ended.err};
    }
    std::string kept;
    for (auto const& line : lines_of(ended.out)) {
        kept += line.starts_with('\\') ? "" : line + '\n'; // \restrict has a word of its own each time
    }
    return kept;
}

/// Executes what the command `schema` prints, twice, as users do. It needs neither Freshchat nor a URL.
void make_by_schema(Environment const& settings)
{
    auto const printed = run_program(
        {"schema"}, with(settings, {{"FRESHCHAT_TOKEN", ""}, {"FRESHCHAT_DOMAIN", ""}, {"SUPABASE_URL", ""}}));
    if (printed.code != 0) {
        throw std::runtime_error{"schema: " + printed.err};
    }
    psql("\\i /dev/stdin", printed.out);
    auto const once = dump();
    psql("\\i /dev/stdin", printed.out);
    if (dump() != once) {
        throw std::runtime_error{"the SQL that schema prints changes something when it is executed again"};
    }
}

void make_tables(Shape const& shape, std::size_t number, Environment const& settings)
{
    auto const mark = "shape_" + std::to_string(number);
    auto const make_mark = "create table " + mark + " (id int); grant all on " + mark + " to service_role";
    std::string rows;
    for (std::size_t i = 1; i <= kConversationCount; ++i) {
        auto const id = conversation_id(shape.ids, i);
        rows += (i == 1 ? "('" : ", ('") + id + "', '" + std::to_string(2019 + i) + "-01-01Z')";
    }
    auto const fresh = kFreshSchemas + ("insert into source values " + rows + ";");
    if (shape.by_schema) { // whose SQL lets PostgREST read the mark, too
        psql(fresh + with_ids(shape, shape.before) + make_mark);
        make_by_schema(settings);
        psql(with_ids(shape, shape.sql) + "select");
    } else {
        psql(fresh + kGrants + with_ids(shape, shape.sql) + make_mark + kReload);
    }
    wait_for_reload(mark);
}

/// What is wrong with one command's end; "" when nothing is.
std::string fault_of(Wanted const& wanted, Ended const& ended)
{
    if (ended.code != wanted.code) {
        return "exit " + std::to_string(ended.code) + " in place of " + std::to_string(wanted.code);
    }
    if (ended.out.find(wanted.said) == std::string::npos && ended.err.find(wanted.said) == std::string::npos) {
        return "does not say \"" + wanted.said + "\"";
    }
    return {};
}

class ShapeRun {
public:
    explicit ShapeRun(Shape const& shape) : shape_{shape}, simulator_{conversations_of(shape.ids)}
    {
        settings_ = with(settings_for(simulator_), {{"CONVERSATION_TABLE", "C"}, {"MESSAGE_TABLE", "M"}});
        for (auto [name, value] : shape.settings) {
            constexpr std::string_view kOfStack = "stack:";
            settings_ = with(settings_,
                {{name,
                    value.starts_with(kOfStack) ? Stack::local().value(value.substr(kOfStack.size()))
                                                : with_ids(shape, value)}});
        }
    }

    Environment const& settings() const { return settings_; }

    /// Prints the line of the shape. Returns whether all is as wanted.
    bool run()
    {
        look("doctor", shape_.doctor);
        look("run", shape_.run);
        count_rows("after the first run");
        look("run", shape_.again);
        count_rows("after the second run");
        look("verify", shape_.verify);
        for (auto const& command :
            std::vector<std::vector<std::string>>{{"status", "--json"}, {"status", "--json", "--list"}}) {
            count_conversations(command);
        }
        if (shape_.sql_mends) {
            mend();
        }
        if (auto const holds = with_ids(shape_, shape_.holds); !holds.empty() && psql("select " + holds) != "t") {
            wrong_.push_back("not true: " + holds);
        }
        std::printf("%-48s doctor %d  run %d  again %d  verify %d  rows %s%s\n", shape_.name.c_str(), codes_.at(0),
            codes_.at(1), codes_.at(2), codes_.at(3), rows_.c_str(), wrong_.empty() ? "" : "  WRONG");
        for (auto const& line : wrong_) {
            std::printf("    %s\n", line.c_str());
        }
        return wrong_.empty();
    }

private:
    /// Runs what the last run advised, and the program again.
    void mend()
    {
        constexpr std::string_view kBefore = "in SQL: ";
        auto const at = told_.find(kBefore);
        if (at == std::string::npos) {
            wrong_.push_back("no SQL is advised");
            return;
        }
        auto const begin = at + kBefore.size();
        psql(told_.substr(begin, told_.find(';', begin) - begin));
        auto const ended = run_program({"run"}, settings_);
        auto const rows = psql("select count(*) from " + shape_.rows_of);
        if (ended.code != 0 || rows != "15") {
            wrong_.push_back("the SQL advised does not mend it: exit " + std::to_string(ended.code) + ", " + rows
                + " rows\n" + ended.err);
        }
    }

    void look(std::string const& command, Wanted const& wanted)
    {
        auto const ended = run_program({command}, settings_);
        codes_.push_back(ended.code);
        told_ = command == "run" ? ended.err : told_;
        if (auto const fault = fault_of(wanted, ended); !fault.empty()) {
            wrong_.push_back(command + ": " + fault);
            wrong_.push_back(ended.err.substr(0, 1500));
        }
    }

    void count_rows(std::string const& when)
    {
        rows_ = psql("select count(*) from " + shape_.rows_of);
        if (rows_ != std::to_string(shape_.stored)) {
            wrong_.push_back(rows_ + " rows " + when + " in place of " + std::to_string(shape_.stored));
        }
    }

    void count_conversations(std::vector<std::string> const& command)
    {
        auto const ended = run_program(command, settings_);
        auto const by_stored = shape_.stored > 11 ? 6 : shape_.stored == 11 ? 5 : shape_.stored;
        auto const wanted =
            "\"conversations_with_messages\":" + std::to_string(shape_.with_messages.value_or(by_stored));
        if (ended.code == 0 && ended.out.find(wanted + ",") == std::string::npos) {
            wrong_.push_back(command.back() + ": not " + wanted + ": " + ended.out);
        }
    }

    Shape const& shape_;
    Simulator simulator_;
    Environment settings_;
    std::vector<int> codes_;
    std::string rows_;
    std::string told_; ///< by the last run, on stderr
    std::vector<std::string> wrong_;
};

int run_all(std::string_view only)
{
    std::size_t number = 0;
    std::size_t wrong = 0;
    std::size_t tried = 0;
    for (auto const& shape : shapes()) {
        ++number;
        if (shape.name.find(only) == std::string::npos) {
            continue;
        }
        ++tried;
        ShapeRun run{shape};
        make_tables(shape, number, run.settings());
        wrong += run.run() ? 0 : 1;
    }
    std::printf("%zu shapes, %zu not as they must be\n", tried, wrong);
    return wrong == 0 && tried > 0 ? 0 : 1;
}

} // namespace
} // namespace backfill::test

int main(int argc, char** argv)
{
    try {
        return backfill::test::run_all(argc > 1 ? argv[1] : "");
    } catch (std::exception const& error) {
        std::cerr << "table_shapes: " << error.what() << '\n';
        return 1;
    }
}
