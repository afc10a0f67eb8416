#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace backfill {

/// Draws `wanted` of `population` items in one pass, each with the same chance (Knuth, algorithm S).
class Sample {
public:
    Sample(std::size_t wanted, std::size_t population, std::uint32_t seed)
        : wanted_{wanted}, left_{population}, random_{seed}
    {
    }

    /// Whether the next item is drawn; never one beyond `population`.
    bool draws()
    {
        if (left_ == 0 || wanted_ == 0) {
            return false;
        }
        bool const drawn = std::uniform_int_distribution<std::size_t>{1, left_}(random_) <= wanted_;
        --left_;
        wanted_ -= drawn ? 1 : 0;
        return drawn;
    }

private:
    std::size_t wanted_;
    std::size_t left_;
    std::mt19937 random_;
};

} // namespace backfill
