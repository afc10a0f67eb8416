#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backfill {

/// What is left of a set of ids when they are forgotten: a kilobyte or so, whatever their number, that still tells how
/// a later set differs, if it does so in some thirty ids at most. Deletions do not hide additions. (An invertible Bloom
/// lookup table: Goodrich and Mitzenmacher, 2011.)
class IdSketch {
public:
    void add(std::string_view id);
    void add(IdSketch const& others); ///< none of them is in this one

    std::size_t size() const; ///< ids

    /// How many ids of this set are not among the `earlier` ones; at least so many where they differ in too many.
    std::size_t added_since(IdSketch const& earlier) const;

    std::string text() const; ///< for a file: hexadecimal
    static std::optional<IdSketch> parse(std::string_view text);

    bool operator==(IdSketch const&) const = default;

private:
    /// Sums over the ids that fall into it, modulo a power of two.
    struct Cell {
        std::uint32_t count = 0;
        std::uint32_t check = 0;
        std::uint64_t hash = 0;

        bool operator==(Cell const&) const = default;
    };
    static constexpr std::size_t kRows = 4; ///< each id falls into a cell of each
    static constexpr std::size_t kColumns = 20;

    void add(std::uint64_t hash, std::uint32_t times);
    std::optional<Cell> single() const;

    std::array<Cell, kRows * kColumns> cells_{};
};

} // namespace backfill
