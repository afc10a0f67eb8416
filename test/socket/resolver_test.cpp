#include "http/resolver.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace backfill::http;
using namespace std::chrono_literals;
using Kind = TransportError::Kind;

namespace {

Addresses const kFound{Poco::Net::SocketAddress{"192.0.2.1", 443}};

/// A resolver that answers only when it is let go; whoever asked may be gone by then. Let go, it waits until the
/// look-up has its answer: one that outlived the tests would read `kFound` after its end.
struct HangingResolver {
    ~HangingResolver()
    {
        opened.set_value();
        answered->get_future().wait();
    }

    /// Once.
    std::function<Addresses()> look_up()
    {
        return [gate = opened.get_future().share(), answered = answered] {
            gate.wait();
            auto found = kFound;
            answered->set_value();
            return found;
        };
    }

    std::promise<void> opened;
    std::shared_ptr<std::promise<void>> answered = std::make_shared<std::promise<void>>();
};

} // namespace

TEST_CASE("what a look-up finds, or why it failed, comes back from its thread")
{
    WakeUp const wake_up;
    Patience const patience{wake_up, {}, 5s, "connection"};
    CHECK(resolve_by([] { return kFound; }, "db.example", patience) == kFound);
    try {
        resolve_by(
            []() -> Addresses {
                throw TransportError{Kind::resolve, "db.example: unknown"};
            },
            "db.example", patience);
        FAIL("it came back");
    } catch (TransportError const& fault) {
        CHECK(fault.detail == "db.example: unknown");
    }
    CHECK(resolve("127.0.0.1", 80, patience) == Addresses{Poco::Net::SocketAddress{"127.0.0.1", 80}});
    CHECK_FALSE(resolve("localhost", 80, patience).empty());
    CHECK_THROWS_AS(resolve("no-such-host.invalid", 80, patience), TransportError);
}

TEST_CASE("a resolver that hangs holds up neither the deadline nor a stop")
{
    HangingResolver resolver;
    WakeUp const wake_up;
    SECTION("the deadline")
    {
        Patience const patience{wake_up, {}, 30ms, "connection"};
        try {
            resolve_by(resolver.look_up(), "db.example", patience);
            FAIL("it came back");
        } catch (TransportError const& fault) {
            CHECK(fault.kind == Kind::timeout);
            CHECK(fault.detail.starts_with("no address of db.example within "));
        }
    }
    SECTION("a stop")
    {
        std::stop_source stop;
        std::stop_callback const on_stop{stop.get_token(), [&wake_up] { wake_up.ring(); }};
        Patience const patience{wake_up, stop.get_token(), 60s, "connection"};
        auto const asked = std::make_shared<std::promise<void>>(); // the look-up may outlive this
        std::jthread const stopper{[&] {
            asked->get_future().wait();
            stop.request_stop();
        }};
        try {
            resolve_by(
                [asked, hang = resolver.look_up()] {
                    asked->set_value();
                    return hang();
                },
                "db.example", patience);
            FAIL("it came back");
        } catch (TransportError const& fault) {
            CHECK(fault.kind == Kind::stopped);
        }
    }
}
