// When messages are sent, how long anybody waits for them, and what is said of those that were not delivered.

#include "app/notify/notices.hpp"
#include "app/settings/settings.hpp"
#include "support/scripted_transport.hpp"
#include "support/secret_url.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

/// Answers nothing until it is given up.
class SilentTransport final : public http::Transport {
public:
    http::Outcome send(http::Request const& /*request*/, std::stop_token const& stop) override
    {
        std::mutex mutex;
        std::condition_variable_any given_up;
        std::unique_lock lock{mutex};
        given_up.wait(lock, stop, [] { return false; });
        return http::TransportError{http::TransportError::Kind::stopped, ""};
    }
};

struct Post {
    explicit Post(Script::Answer const& answer = [](auto const&) { return reply(200, "hunter2hunter2"); })
        : server{answer}
    {
        settings.healthcheck = secret_url("https://check/hunter2hunter2?create=1");
        settings.webhook = secret_url("https://hook/hunter2hunter2");
    }

    Notices open()
    {
        return {settings, log,
            [this](SecretUrl const& to, std::chrono::milliseconds limit) -> std::unique_ptr<http::Transport> {
                std::lock_guard const lock{mutex};
                limits.push_back(limit);
                if (silent_host == to.endpoint.host && silent_calls > 0) {
                    --silent_calls;
                    return std::make_unique<SilentTransport>();
                }
                return server.transport();
            },
            stop.get_token()};
    }

    std::vector<std::string> targets() const
    {
        std::vector<std::string> all;
        for (auto const& request : server.requests()) {
            all.push_back(request.target);
        }
        return all;
    }

    NoticeSettings settings;
    std::mutex mutex;
    std::vector<std::string> notes;
    std::vector<std::chrono::milliseconds> limits;
    std::string silent_host;
    int silent_calls = 1000;
    Log log{[](Event const&) {},
        [this](Event const& event) {
            std::lock_guard const lock{mutex};
            notes.push_back(event.text);
        },
        false};
    std::stop_source stop;
    Script server;
};

Notice notice(int code)
{
    return {code, "text", "lines\n", R"({"text":"text"})"};
}

std::chrono::milliseconds time_of(std::function<void()> const& work)
{
    auto const begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

} // namespace

TEST_CASE("a health check is told the start, then the end, and the webhook what it wants to know")
{
    auto const [code, when, behind, webhook] = GENERATE(table<int, NotifyOn, std::string, bool>({
        {0, NotifyOn::failure, "", false},
        {0, NotifyOn::always, "", true},
        {10, NotifyOn::failure, "/log", false},
        {3, NotifyOn::failure, "/3", true},
        {143, NotifyOn::failure, "/143", true},
    }));
    Post post;
    post.settings.notify_on = when;
    auto notices = post.open();
    notices.started();
    notices.ended(notice(code));
    notices.finish();
    auto requests = post.server.requests();
    REQUIRE(requests.size() == (webhook ? 3 : 2));
    std::vector<std::string> checks;
    for (auto const& request : requests) {
        CHECK(request.method == http::Request::Method::post);
        if (request.target == "/hunter2hunter2") {
            CHECK(request.body == R"({"text":"text"})");
            CHECK(header_of(request, "Content-Type") == "application/json; charset=utf-8");
        } else {
            checks.push_back(request.target + " " + request.body);
        }
    }
    CHECK(checks
        == std::vector<std::string>{
            "/hunter2hunter2/start?create=1 ", "/hunter2hunter2" + behind + "?create=1 lines\n"});
    CHECK(post.notes.empty());
}

TEST_CASE("nobody is told where no URL is set")
{
    Post post;
    post.settings = {};
    auto notices = post.open();
    notices.started();
    notices.ended(notice(1));
    notices.finish();
    CHECK(post.server.request_count() == 0);
    CHECK(post.notes.empty());
}

TEST_CASE("what is not delivered is one warning for each URL, which does not show it")
{
    Post post{[](auto const&) { return reply(500, "hunter2hunter2", {{"x-request-id", "hunter2hunter2"}}); }};
    auto notices = post.open();
    notices.started();
    notices.ended(notice(1));
    notices.finish();
    REQUIRE(post.notes.size() == 2);
    CHECK(post.notes[0]
        == "[Backfill] Warning: the health check (HEALTHCHECK_URL) could not be told how the run ended: HTTP 500. The "
           "exit code stays.");
    CHECK(post.notes[1]
        == "[Backfill] Warning: the webhook (NOTIFY_URL) could not be told how the run ended: HTTP 500. The exit code "
           "stays.");
}

TEST_CASE("a start that is not delivered is told where the end was")
{
    Post post{[](http::Request const& request) {
        return request.target.find("/start") != std::string::npos ? reply(404) : reply(200);
    }};
    auto notices = post.open();
    notices.started();
    notices.ended(notice(0));
    notices.finish();
    CHECK(post.notes
        == std::vector<std::string>{"[Backfill] Warning: the health check (HEALTHCHECK_URL) could not be told that "
                                    "the run started: HTTP 404. The exit code stays."});
}

TEST_CASE("a server that never answers is waited for at the end, no longer than the limit, and not at the start")
{
    Post post;
    post.silent_host = "check";
    auto notices = post.open();
    CHECK(time_of([&] { notices.started(); }) < 5s);
    auto const took = time_of([&] {
        notices.ended(notice(3), 200ms);
        notices.finish();
    });
    CHECK(took >= 200ms);
    CHECK(took < 5s);
    CHECK(post.targets() == std::vector<std::string>{"/hunter2hunter2"}); // the webhook has not waited for it
    REQUIRE(post.notes.size() == 1);
    CHECK(post.notes[0].find("no answer in the time that there is for it") != std::string::npos);
}

TEST_CASE("a start that gets no answer leaves the end half of the time")
{
    Post post;
    post.silent_host = "check";
    post.silent_calls = 1;
    auto notices = post.open();
    notices.started();
    notices.ended(notice(0), 1s);
    notices.finish();
    CHECK(post.targets() == std::vector<std::string>{"/hunter2hunter2?create=1"});
    CHECK(post.limits.back() > 1ms); // which is what is left when nothing is
    CHECK(post.limits.back() <= 500ms);
    REQUIRE(post.notes.size() == 1);
    CHECK(post.notes[0].find("could not be told that the run started: no answer in the time") != std::string::npos);
}

TEST_CASE("a stop shortens the wait: one before the end, and one that comes meanwhile")
{
    bool const before = GENERATE(true, false);
    Post post;
    post.silent_host = "hook";
    auto notices = post.open();
    if (before) {
        post.stop.request_stop();
    }
    auto const took = time_of([&] {
        notices.ended(notice(143), before ? Notices::kAfterSignal : Notices::kLimit);
        post.stop.request_stop();
        notices.finish();
    });
    CHECK(took >= 900ms);
    CHECK(took < 5s);
    CHECK(post.targets() == std::vector<std::string>{"/hunter2hunter2/143?create=1"});
}

TEST_CASE("with -v there is a line for each message, without the URL and what the server says of it")
{
    Post post{[](auto const&) { return reply(200, "", {{"x-request-id", "hunter2hunter2"}}); }};
    post.log.verbose = true;
    auto notices = post.open();
    notices.started();
    notices.ended(notice(1));
    notices.finish();
    REQUIRE(post.notes.size() == 3);
    for (auto const& note : post.notes) {
        CHECK(note.find("hunter2") == std::string::npos);
        CHECK(note.find(": POST /*** → HTTP 200, ") != std::string::npos);
    }
}

TEST_CASE("a connection that cannot be made is a message that was not delivered")
{
    Post post{[](auto const&) -> http::Outcome { throw std::invalid_argument{"no certificates in the CA file"}; }};
    auto notices = post.open();
    notices.ended(notice(1));
    notices.finish();
    REQUIRE(post.notes.size() == 2);
    CHECK(post.notes[0].find("no certificates in the CA file") != std::string::npos);
}

TEST_CASE("an error after the end was told is told, too")
{
    Post post;
    {
        auto notices = post.open();
        notices.started();
        notices.ended(notice(0));
        notices.ended(notice(1));
        notices.finish();
    }
    auto const targets = post.targets(); // the last two side by side
    CHECK(std::ranges::count(targets, "/hunter2hunter2/1?create=1") == 1);
    CHECK(std::ranges::count(targets, "/hunter2hunter2") == 1);
    CHECK(targets.size() == 4);
}

TEST_CASE("what was not delivered before an error after the end is a warning, too")
{
    Post post{Script::always(reply(500))};
    auto notices = post.open();
    notices.ended(notice(3));
    notices.ended(notice(1));
    notices.finish();
    CHECK(post.notes.size() == 4);
}

TEST_CASE("what nobody waits for any more is given up")
{
    Post post;
    post.silent_host = "check";
    CHECK(time_of([&] {
        auto notices = post.open();
        notices.started();
    }) < 5s);
    CHECK(post.notes.empty());
}
