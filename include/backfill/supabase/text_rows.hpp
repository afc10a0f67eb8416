#pragma once

#include "backfill/core/text_store.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace backfill::supabase {

/// An answer's rows: the values of the keys asked for, as texts. Numbers are their digits; null and missing are "".
class TextRows {
public:
    TextRows() = default;
    explicit TextRows(std::size_t width) : width_{width} {}

    std::size_t size() const { return width_ == 0 ? 0 : values_.size() / width_; }
    bool empty() const { return values_.empty(); }

    /// The views live as long as this does, wherever it is moved.
    std::span<std::string_view const> operator[](std::size_t row) const
    {
        return std::span{values_}.subspan(row * width_, width_);
    }

    void add_row() { values_.resize(values_.size() + width_); }
    void set(std::size_t column, std::string_view value) ///< of the last row
    {
        values_[values_.size() - width_ + column] = texts_.keep(value);
    }

private:
    std::size_t width_ = 0;
    std::vector<std::string_view> values_;
    TextStore texts_;
};

} // namespace backfill::supabase
