#include "backfill/core/id_sketch.hpp"

#include "backfill/core/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace backfill {
namespace {

constexpr std::uint32_t kMinusOne = 0xFFFFFFFFU;

/// One that the hash's own bits do not tell.
constexpr std::uint32_t check_of(std::uint64_t hash)
{
    hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDU;
    return static_cast<std::uint32_t>(hash >> 32U);
}

template <typename Number>
bool read_hex(std::string_view text, Number& number)
{
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc{} && end == text.data() + text.size();
}

} // namespace

void IdSketch::add(std::string_view id)
{
    add(stable_hash(id), 1);
}

void IdSketch::add(std::uint64_t hash, std::uint32_t times)
{
    auto rest = hash;
    for (std::size_t row = 0; row < kRows; ++row, rest /= kColumns) {
        auto& cell = cells_[row * kColumns + rest % kColumns];
        cell.count += times;
        cell.check += times * check_of(hash);
        cell.hash += times == kMinusOne ? 0 - hash : times * hash;
    }
}

void IdSketch::add(IdSketch const& others)
{
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        cells_[i].count += others.cells_[i].count;
        cells_[i].check += others.cells_[i].check;
        cells_[i].hash += others.cells_[i].hash;
    }
}

std::size_t IdSketch::size() const
{
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < kColumns; ++i) {
        size += cells_[i].count;
    }
    return size;
}

/// A cell with one id in it, added or taken away.
std::optional<IdSketch::Cell> IdSketch::single() const
{
    for (auto cell : cells_) {
        if (cell.count == kMinusOne) {
            if (check_of(0 - cell.hash) == 0 - cell.check) {
                return cell;
            }
        } else if (cell.count == 1 && check_of(cell.hash) == cell.check) {
            return cell;
        }
    }
    return std::nullopt;
}

std::size_t IdSketch::added_since(IdSketch const& earlier) const
{
    IdSketch rest;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        rest.cells_[i] = {cells_[i].count - earlier.cells_[i].count, cells_[i].check - earlier.cells_[i].check,
            cells_[i].hash - earlier.cells_[i].hash};
    }
    std::size_t added = 0;
    auto cell = rest.single();
    for (auto left = cells_.size(); cell && left > 0; cell = rest.single(), --left) { // each empties a cell
        bool const is_added = cell->count == 1;
        added += is_added ? 1 : 0;
        rest.add(is_added ? cell->hash : 0 - cell->hash, is_added ? kMinusOne : 1);
    }
    auto const unknown = static_cast<std::int32_t>(rest.size()); // added ones less those that went
    return added + static_cast<std::size_t>(std::max(unknown, 0));
}

std::string IdSketch::text() const
{
    std::string text;
    for (auto const& cell : cells_) {
        text += fmt::format("{:08x}{:08x}{:016x}", cell.count, cell.check, cell.hash);
    }
    return text;
}

std::optional<IdSketch> IdSketch::parse(std::string_view text)
{
    constexpr std::size_t kDigits = 32;
    IdSketch sketch;
    bool sound = text.size() == kDigits * sketch.cells_.size();
    for (std::size_t i = 0; sound && i < sketch.cells_.size(); ++i) {
        auto& cell = sketch.cells_[i];
        auto const digits = text.substr(i * kDigits, kDigits);
        sound = read_hex(digits.substr(0, 8), cell.count) && read_hex(digits.substr(8, 8), cell.check)
            && read_hex(digits.substr(16), cell.hash);
    }
    return sound ? std::optional{sketch} : std::nullopt;
}

} // namespace backfill
