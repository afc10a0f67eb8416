#include "backfill/core/sample.hpp"

#include <catch2/catch.hpp>

#include <array>

using backfill::Sample;

TEST_CASE("a sample draws exactly as many as wanted, or all")
{
    auto const seed = GENERATE(range(0U, 50U));
    for (std::size_t const wanted : {1U, 7U, 40U, 100U}) {
        Sample sample{wanted, 40, seed};
        std::size_t drawn = 0;
        for (int i = 0; i < 60; ++i) {
            drawn += sample.draws() ? 1 : 0;
        }
        CHECK(drawn == std::min<std::size_t>(wanted, 40));
    }
}

TEST_CASE("each has about the same chance to be drawn")
{
    std::array<int, 10> drawn{};
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        Sample sample{3, drawn.size(), seed};
        for (auto& count : drawn) {
            count += sample.draws() ? 1 : 0;
        }
    }
    for (auto const count : drawn) {
        CHECK(count > 780); // 900 are expected
        CHECK(count < 1020);
    }
}
