#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace backfill::test {

/// Numbers that depend on nothing but the three given: no state is shared, so any message can be made alone. (The
/// distributions of <random> differ between standard libraries.)
class Dice {
public:
    Dice(std::uint64_t seed, std::uint64_t index, std::uint64_t purpose);

    std::uint64_t next(); ///< splitmix64
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    bool one_in(std::size_t chances) { return below(chances) == 0; }

private:
    std::uint64_t state_;
};

enum class TextKind { ordinary, with_invalid };

/// The inside of a JSON string, and what it must be stored as.
struct Text {
    std::string json;
    std::string plain;
};

/// Some words, entities, emoji and escapes. Neither end is white space.
Text make_text(Dice& dice, TextKind kind);

/// The value of `message_parts` and what it must be cleaned to.
struct Parts {
    std::string json; ///< empty: the key is absent
    std::string cleaned;
};

Parts make_parts(Dice& dice, TextKind kind);

std::string make_uuid(Dice& dice);
std::string make_hex(Dice& dice); ///< 32 digits
/// An id of one of the kinds that were seen; `serial` makes the numeric ones unique.
std::string make_seen_id(Dice& dice, std::size_t kind, std::uint64_t serial);
inline constexpr std::size_t kSeenIdKinds = 4;
/// An id with a character that URLs, JSON, CSV or PostgREST's lists must quote.
std::string make_awkward_id(Dice& dice, std::size_t kind);
inline constexpr std::size_t kAwkwardIdKinds = 14;

/// `text` with the escapes JSON demands. For ids only: knows no control characters.
std::string json_escaped(std::string_view text);

} // namespace backfill::test
