#include "backfill/core/shard.hpp"

namespace backfill {

std::uint64_t stable_hash(std::string_view text)
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (char const c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
    return hash ^ (hash >> 31U);
}

} // namespace backfill
