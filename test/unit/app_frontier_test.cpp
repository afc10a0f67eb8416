#include "app/facts/frontier.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <random>

using namespace backfill;
using namespace backfill::app;

namespace {

std::string reached(Frontier const& frontier)
{
    return frontier.reached() ? frontier.reached()->id : "";
}

} // namespace

TEST_CASE("the list is done with up to the first conversation that has not ended")
{
    Frontier frontier;
    for (auto const* id : {"a", "b", "c"}) {
        frontier.handed_out({id, std::string{"time of "} + id});
    }
    CHECK(reached(frontier).empty());
    frontier.ended("b", Frontier::Result::failed);
    CHECK(reached(frontier).empty());
    CHECK(frontier.failed() == 0); // not passed yet: the next run meets it again
    frontier.ended("a", Frontier::Result::fine);
    CHECK(reached(frontier) == "b");
    CHECK(frontier.reached()->created_time == "time of b");
    CHECK(frontier.failed() == 1);
    frontier.ended("nobody", Frontier::Result::failed);
    CHECK(reached(frontier) == "b");
    frontier.ended("c", Frontier::Result::fine);
    CHECK(reached(frontier) == "c");
}

TEST_CASE("whatever the order in which conversations end, nothing that is open is passed")
{
    std::mt19937 random{GENERATE(1U, 2U, 3U)};
    Frontier frontier;
    std::vector<int> order(200);
    std::iota(order.begin(), order.end(), 0);
    std::vector<bool> ended(order.size());
    for (int const i : order) {
        frontier.handed_out({std::to_string(i), ""});
    }
    std::shuffle(order.begin(), order.end(), random);
    for (int const i : order) {
        ended[static_cast<std::size_t>(i)] = true;
        frontier.ended(std::to_string(i), Frontier::Result::fine);
        auto const first_open = std::find(ended.begin(), ended.end(), false) - ended.begin();
        REQUIRE(reached(frontier) == (first_open == 0 ? "" : std::to_string(first_open - 1)));
    }
}
