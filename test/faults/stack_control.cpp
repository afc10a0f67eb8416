#include "faults/stack_control.hpp"

#include "support/psql.hpp"
#include "support/stack.hpp"
#include "support/test_dir.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/URI.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kPatience{20};

void local_stack(std::vector<std::string> arguments, Environment variables = {})
{
    arguments.insert(arguments.begin(), test_dir() + "/../scripts/local_stack");
    auto const* path = std::getenv("PATH");
    variables["PATH"] = path == nullptr ? "/usr/bin:/bin" : path;
    variables["DURABILITY"] = "crash"; // or a crash takes what was just committed
    Subprocess child{arguments, variables};
    auto const ended = child.wait();
    if (ended.code != 0) {
        throw std::runtime_error{"local_stack: " + ended.err};
    }
}

std::string folder()
{
    auto const* name = std::getenv("STACK");
    return name == nullptr ? "" : name;
}

/// The sessions and connections that a row left open; one row at a time.
std::unique_ptr<Subprocess>& session()
{
    static std::unique_ptr<Subprocess> held;
    return held;
}

std::unique_ptr<Poco::Net::HTTPClientSession>& busy_call()
{
    static std::unique_ptr<Poco::Net::HTTPClientSession> call;
    return call;
}

void wait_until(std::string const& condition)
{
    auto const deadline = std::chrono::steady_clock::now() + kPatience;
    while (psql("select " + condition) != "t") {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error{"the database never came to: " + condition};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

} // namespace

void start_stack(std::string const& name)
{
    local_stack({"up", name});
}

void end_stack(std::string const& name)
{
    local_stack({"down", name});
}

void stop_service(std::string const& service)
{
    local_stack({"stop", folder(), service});
}

void start_service(std::string const& service, Environment const& variables)
{
    local_stack({"start", folder(), service}, variables);
}

void hold(std::string const& sql)
{
    auto const& stack = Stack::local();
    session() = std::make_unique<Subprocess>(
        std::vector<std::string>{find_program("psql"), "-X", "-q", "-h", stack.value("PGHOST"), "-p",
            stack.value("PGPORT"), "-U", "postgres", "-d", stack.value("PGDATABASE")},
        Environment{{"PGAPPNAME", "holder"}}, "begin;\n" + sql + ";\nselect pg_sleep(600);\n");
    wait_until("exists (select from pg_stat_activity where application_name = 'holder' and wait_event = 'PgSleep')");
}

void let_go()
{
    if (session()) {
        psql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder'");
        wait_until("not exists (select from pg_stat_activity where application_name = 'holder')");
    }
    session().reset();
    busy_call().reset();
}

void keep_pool_busy()
{
    hold("lock table \"Message_mapped\" in access exclusive mode");
    auto const& stack = Stack::local();
    Poco::URI const gateway{stack.value("HTTP_URL")};
    busy_call() = std::make_unique<Poco::Net::HTTPClientSession>(gateway.getHost(), gateway.getPort());
    Poco::Net::HTTPRequest request{"GET", "/rest/v1/Message_mapped?select=conv&limit=1", "HTTP/1.1"};
    request.add("apikey", stack.value("SERVICE_KEY"));
    request.add("Authorization", "Bearer " + stack.value("SERVICE_KEY"));
    busy_call()->sendRequest(request).flush();
    wait_until("exists (select from pg_stat_activity where wait_event_type = 'Lock')");
}

} // namespace backfill::test
