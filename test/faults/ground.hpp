#pragma once

#include "support/leak_search.hpp"
#include "support/world.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

/// The small world that all rows run on: twelve conversations, one of them of several pages.
class Ground {
public:
    explicit Ground(std::size_t longest);

    World const& world() const { return world_; }
    /// In the order in which a run takes them.
    std::vector<std::string> const& conversations() const { return conversations_; }
    std::string const& longest() const { return longest_; }
    /// One of a few messages, in the first batch.
    std::string const& small() const;
    std::size_t pages_of_longest(std::size_t page_size) const;
    /// Rows that must be stored, by conversation; without those of none.
    std::map<std::string, std::size_t> const& rows() const { return rows_; }
    std::size_t row_count() const { return row_count_; }
    /// Those of the batch, counted from 0, of `size` conversations in which there is something to store.
    std::vector<std::string> batch_with_rows(std::size_t number, std::size_t size) const;
    /// All of them.
    std::vector<ExpectedRow> const& all_rows() const { return all_rows_; }
    /// A message in the middle of the longest conversation, that must be stored.
    ExpectedRow const& victim() const { return victim_; }
    /// Every text of a message, as it is sent and as it is stored, and what simulated answers quote.
    LeakSearch const& texts() const { return *texts_; }

private:
    World world_;
    std::vector<std::string> conversations_;
    std::string longest_;
    std::map<std::string, std::size_t> rows_;
    std::size_t row_count_ = 0;
    std::vector<ExpectedRow> all_rows_;
    ExpectedRow victim_;
    std::optional<LeakSearch> texts_; ///< always
};

/// SQL that stores every `step`th row of the ground's; with `text` in place of its own unless that is empty.
std::string insert_rows(std::size_t step, std::string const& text = {});

/// That of the table's rows: the longest conversation has 130 messages, pages have 20.
Ground const& ground();
inline constexpr std::size_t kPageClamp = 20;

} // namespace backfill::test
