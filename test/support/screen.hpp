#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::test {

/// What a terminal without an end shows of bytes that were sent to it: rows of characters, each one column wide. Knows
/// line feeds, carriage returns, "erase from the cursor on" and colours, and overlooks how lines are wrapped; throws
/// std::logic_error for other controls.
class Screen {
public:
    explicit Screen(std::string_view bytes);

    /// The last one may be empty.
    std::vector<std::string> rows() const;

private:
    std::size_t sequence(std::string_view bytes); ///< returns its length
    void put(std::string_view character);

    std::vector<std::vector<std::string>> rows_{1};
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

} // namespace backfill::test
