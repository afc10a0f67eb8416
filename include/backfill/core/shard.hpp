#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace backfill {

/// The same number for the same bytes on every machine and in every version: shards and saved states depend on it.
/// FNV-1a, then the finalizer of SplitMix64, so that the remainders of similar ids spread evenly.
constexpr std::uint64_t stable_hash(std::string_view text)
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (char const c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
    return hash ^ (hash >> 31U);
}

/// One of `count` runs that share the conversations: each conversation belongs to exactly one.
struct Shard {
    std::size_t index = 0;
    std::size_t count = 1;

    bool contains(std::string_view conversation) const
    {
        return count == 1 || stable_hash(conversation) % count == index;
    }
    bool operator==(Shard const&) const = default;
};

} // namespace backfill
