#include "backfill/core/shard.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

using namespace backfill;

TEST_CASE("the hash is the same today as when the first state was saved")
{
    CHECK(stable_hash("") == 0xF52A15E9A9B5E89BU);
    CHECK(stable_hash("conv_abc123") == 0xAC2B4991353702A0U);
    CHECK(stable_hash("8d5ed80f-019b-5540-b9df-2ec6d5f9bb5c") == 0xD6AA634328ECD125U);
    CHECK(stable_hash("0f3c9a7be2d14c55a1b20c6e7d8f9012") == 0x31F367C11BDBCDDCU);
    CHECK(stable_hash("490452347475593554") == 0x3942ACB6948AA28U);
    CHECK(stable_hash("Zürich/1") == 0xF3209534973DEB32U);
}

TEST_CASE("an id stays in its shard from version to version")
{
    CHECK(Shard{0, 4}.contains("conv_abc123"));
    CHECK(Shard{0, 7}.contains("8d5ed80f-019b-5540-b9df-2ec6d5f9bb5c"));
    CHECK(Shard{0, 4}.contains("490452347475593554"));
}

TEST_CASE("each conversation belongs to exactly one shard, and shards are of like size, for ids of any kind")
{
    auto const count = GENERATE(1U, 2U, 4U, 7U, 16U);
    auto const prefix = GENERATE(as<std::string>{}, "", "conv_", "00000000-0000-4000-8000-");
    std::vector<std::size_t> sizes(count);
    constexpr std::size_t kIds = 8000;
    std::size_t with_one_owner = 0;
    for (std::size_t id = 0; id < kIds; ++id) {
        std::size_t owners = 0;
        for (std::size_t shard = 0; shard < count; ++shard) {
            bool const mine = Shard{shard, count}.contains(prefix + std::to_string(id));
            owners += mine ? 1 : 0;
            sizes[shard] += mine ? 1 : 0;
        }
        with_one_owner += owners == 1 ? 1 : 0;
    }
    CHECK(with_one_owner == kIds);
    auto const fair = static_cast<double>(kIds) / count;
    CHECK(static_cast<double>(*std::min_element(sizes.begin(), sizes.end())) > 0.8 * fair);
    CHECK(static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) < 1.2 * fair);
}
