#include "support/json.hpp"
#include "support/scratch_file.hpp"

#include "backfill/core/console.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/log.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace backfill;
using namespace std::chrono_literals;

namespace {

std::string json(std::string_view text)
{
    std::string out;
    append_printable_json(out, text);
    return out;
}

/// What a console does to standard output, in a process of its own that ends after it.
template <typename Tell>
void in_child(int standard_output, Tell tell)
{
    auto const child = ::fork();
    if (child == 0) {
        ::dup2(standard_output, STDOUT_FILENO);
        Console console{Console::Format::text};
        auto const log = console.log(false);
        tell(console, [&log](std::string const& text) { log.out({"x", Level::info, {}, text}); });
        ::_exit(0);
    }
    REQUIRE(::waitpid(child, nullptr, 0) == child);
}

} // namespace

TEST_CASE("a line that did not go out whole is ended before the next one; the first error of an output is kept")
{
    test::ScratchFile const file{""};
    auto const out = ::open(file.path().c_str(), O_WRONLY | O_APPEND);
    in_child(out, [](Console& console, auto tell) {
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        auto const small = rlimit{4, limit.rlim_max};
        std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        tell("torn line");
        ::setrlimit(RLIMIT_FSIZE, &limit);
        tell("next");
        tell("last");
        auto const file_before = ::dup(STDOUT_FILENO);
        ::dup2(::open("/dev/full", O_WRONLY), STDOUT_FILENO);
        tell("nowhere");
        ::dup2(file_before, STDOUT_FILENO);
        tell(console.output_error());
    });
    ::close(out);
    CHECK(test::content_of(file.path()) == "torn\nnext\nlast\nFile too large\n");
}

TEST_CASE("events told together are one write of whole lines, each like one told alone")
{
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_DIRECT) == 0); // keeps writes apart: each read takes one
    in_child(ends[1], [](Console& console, auto /*tell*/) {
        std::vector<Event> events;
        for (int i = 0; i < 100; ++i) {
            events.push_back({"x", Level::info, {}, "line " + std::string(70, 'x')});
        }
        console.log(false).results({{"x", Level::info, {}, "one"}, {"x", Level::info, {}, "two"}});
        console.log(false).results(events);
    });
    ::close(ends[1]);
    std::string all;
    std::array<char, 65536> room{};
    std::vector<std::string> writes;
    for (ssize_t size = 0; (size = ::read(ends[0], room.data(), room.size())) > 0;) {
        writes.emplace_back(room.data(), static_cast<std::size_t>(size));
        all += writes.back();
        CHECK(all.ends_with('\n')); // so that no other process's line comes into one of ours
    }
    ::close(ends[0]);
    CHECK(writes.size() == 3);
    CHECK(writes.front() == "one\ntwo\n");
    CHECK(all.size() == 8 + 100 * 76);
}

TEST_CASE("an output that another process made non-blocking is written to when it has room")
{
    auto const counter = ::eventfd(0, EFD_NONBLOCK); // takes eight bytes, and none while their sum would be too large
    std::uint64_t const nearly_full = ~std::uint64_t{2};
    REQUIRE(::write(counter, &nearly_full, sizeof nearly_full) == sizeof nearly_full);
    std::jthread reader{[counter] {
        std::this_thread::sleep_for(20ms);
        std::uint64_t all = 0;
        (void)!::read(counter, &all, sizeof all);
    }};
    in_child(counter, [](Console&, auto tell) { tell("1234567"); });
    reader.join();
    std::array<char, 8> text{};
    REQUIRE(::read(counter, text.data(), text.size()) == 8);
    CHECK(std::string_view{text.data(), text.size()} == "1234567\n");
    ::close(counter);
}

TEST_CASE("after a console was broken off no thread's line goes out")
{
    test::ScratchFile const file{""};
    auto const out = ::open(file.path().c_str(), O_WRONLY | O_APPEND);
    in_child(out, [](Console& console, auto tell) {
        tell("before");
        console.break_off();
        std::thread{[&tell] { tell("after"); }}.detach();
        std::this_thread::sleep_for(20ms);
    });
    ::close(out);
    CHECK(test::content_of(file.path()) == "before\n");
}

TEST_CASE("an event in JSON is one line: time, level, name, and its fields in their types")
{
    auto const time = std::chrono::system_clock::from_time_t(1'700'000'000) + 42ms;
    CHECK(json_line({"some_thing", Level::warning,
                        {{"text", std::string{"a \"b\"\nc"}}, {"number", std::size_t{42}}, {"fraction", 0.5},
                            {"flag", true}, {"none", std::numeric_limits<double>::infinity()}},
                        "not shown"},
              time)
        == R"({"time":"2023-11-14T22:13:20.042Z","level":"warning","event":"some_thing","text":"a \"b\"\u000ac",)"
           R"("number":42,"fraction":0.5,"flag":true,"none":null})");
    CHECK(json_line({"x", Level::error, {}, ""}, std::chrono::system_clock::from_time_t(0))
        == R"({"time":"1970-01-01T00:00:00.000Z","level":"error","event":"x"})");
}

TEST_CASE("foreign text in JSON steers no terminal, and a reader gets it back as it was")
{
    CHECK(json("plain ü ✓ 😀") == "\"plain ü ✓ 😀\"");
    CHECK(json("\x1B[2J\x9B") == "\"\\u001b[2J\uFFFD\"");
    CHECK(json("a\u202Eb\u2066c\u0085d\u200F\uFEFF") == R"("a\u202eb\u2066c\u0085d\u200f\ufeff")");
    CHECK(json(std::string_view{"n\0l", 3}) == R"("n\u0000l")");
    CHECK(json("\U000E0041") == R"("\udb40\udc41")");
    CHECK(json("\xF0\x9F") == "\"\uFFFD\"");
    std::string const odd = "a\\b\"c\td\u202E\u2028é😀\x7F";
    CHECK(test::parsed("{\"k\":" + json(odd) + "}")->getValue<std::string>("k") == odd);
}

TEST_CASE("the moment of a line is UTC to the millisecond, before 1970 too")
{
    auto const epoch = std::chrono::system_clock::from_time_t(0);
    CHECK(timestamp_text(epoch + 1us) == "1970-01-01T00:00:00.000Z");
    CHECK(timestamp_text(epoch - 1ms) == "1969-12-31T23:59:59.999Z");
    CHECK(timestamp_text(epoch + std::chrono::days{365} + 999ms) == "1971-01-01T00:00:00.999Z");
}

TEST_CASE("only a terminal that says what it is can be rewritten")
{
    auto const before = std::string{std::getenv("TERM") == nullptr ? "" : std::getenv("TERM")};
    auto const terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(terminal >= 0);
    ::setenv("TERM", "xterm", 1);
    CHECK(Console::can_rewrite(terminal));
    auto const file = ::open("/dev/null", O_RDWR);
    CHECK_FALSE(Console::can_rewrite(file));
    for (auto const* plain : {"dumb", ""}) {
        ::setenv("TERM", plain, 1);
        CHECK_FALSE(Console::can_rewrite(terminal));
    }
    ::setenv("TERM", before.c_str(), 1);
    ::close(file);
    ::close(terminal);
}
