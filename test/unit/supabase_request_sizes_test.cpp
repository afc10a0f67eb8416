// How many rows a request carries, by what became of those before.

#include "support/upsert.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <vector>

namespace backfill::test {
namespace {

using namespace std::chrono_literals;
using Sizes = std::vector<std::size_t>;

struct TimedUpserts : ScriptedSide {
    TimedUpserts() : ScriptedSide{[this](http::Request const& request) { return answer(request); }} {}

    http::Outcome answer(http::Request const& request)
    {
        auto const ids = ids_in(request.body);
        clock.advance(took);
        return --faults >= 0 ? reply(503, "", {{"Retry-After", "10"}}) : ids.size() > most ? reply(413) : inserted(ids);
    }

    Sizes sizes_for(std::size_t rows)
    {
        auto const before = static_cast<std::ptrdiff_t>(request_count());
        upsert(table, *this, rows_of(0, rows));
        auto const all = sizes(*this);
        return {all.begin() + before, all.end()};
    }

    Writing table{postgrest, layout_of("Message")};
    Clock::Duration took{};
    std::size_t most = 500;
    int faults = 0;
};

TEST_CASE("requests get smaller while the database is slow, and larger again when it is quick")
{
    TimedUpserts upserts;
    upserts.took = 5s;
    CHECK(upserts.sizes_for(500) == Sizes{500});
    CHECK(upserts.sizes_for(500) == Sizes{250, 125, 63, 50, 12});
    upserts.took = 0s;
    CHECK(upserts.sizes_for(500) == Sizes(10, 50));
    CHECK(upserts.sizes_for(1000) == Sizes(10, 100));
    CHECK(upserts.sizes_for(200) == Sizes{200});
}

TEST_CASE("above four seconds a request is slow, and below one quick, of which it takes ten in a row")
{
    TimedUpserts upserts;
    upserts.took = 4s;
    upserts.sizes_for(500);
    CHECK(upserts.sizes_for(500) == Sizes{500});
    upserts.took = 4001ms;
    upserts.sizes_for(500);
    CHECK(upserts.sizes_for(500) == Sizes{250, 125, 63, 50, 12});
    upserts.took = 1s;
    CHECK(upserts.sizes_for(600) == Sizes(12, 50));
    upserts.took = 999ms;
    upserts.sizes_for(9 * 50);
    upserts.took = 1s;
    upserts.sizes_for(50);
    upserts.took = 999ms;
    CHECK(upserts.sizes_for(10 * 50) == Sizes(10, 50));
    CHECK(upserts.sizes_for(100) == Sizes{100});
}

TEST_CASE("a request that a fault delayed says nothing about the database's speed")
{
    TimedUpserts upserts;
    upserts.faults = 1;
    CHECK(upserts.sizes_for(500) == Sizes{500, 500});
    CHECK(upserts.clock.slept() >= 10s);
    CHECK(upserts.sizes_for(500) == Sizes{500});
}

TEST_CASE("a size that was refused is not tried again, however quick the smaller ones are")
{
    TimedUpserts upserts;
    upserts.most = 120;
    upserts.sizes_for(500);
    CHECK(upserts.sizes_for(12 * 63) == Sizes(12, 63));
}

} // namespace
} // namespace backfill::test
