#include "support/screen.hpp"

#include "backfill/core/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace backfill::test {

Screen::Screen(std::string_view bytes)
{
    while (!bytes.empty()) {
        auto length = decode_utf8(bytes).length;
        if (bytes.front() == '\n') {
            ++row_;
            rows_.resize(std::max(rows_.size(), row_ + 1));
        } else if (bytes.front() == '\r') {
            column_ = 0;
        } else if (bytes.front() == '\x1B') {
            length = sequence(bytes);
        } else {
            put(bytes.substr(0, length));
        }
        bytes.remove_prefix(length);
    }
}

std::size_t Screen::sequence(std::string_view bytes)
{
    auto const end = bytes.find_first_not_of("0123456789;?", 2);
    if (bytes.size() < 3 || bytes[1] != '[' || end == std::string_view::npos) {
        throw std::logic_error{"a control sequence that does not end"};
    }
    if (bytes[end] == 'J' && end == 2) {
        rows_[row_].resize(std::min(rows_[row_].size(), column_));
        rows_.resize(row_ + 1);
    } else if (auto const parameter = bytes.substr(2, end - 2);
               bytes[end] != 'm' && !(parameter == "?7" && (bytes[end] == 'l' || bytes[end] == 'h'))) {
        throw std::logic_error{"an unknown control sequence"};
    }
    return end + 1;
}

void Screen::put(std::string_view character)
{
    auto& row = rows_[row_];
    row.resize(std::max(row.size(), column_ + 1), " ");
    row[column_++] = character;
}

std::vector<std::string> Screen::rows() const
{
    std::vector<std::string> texts;
    for (auto const& row : rows_) {
        auto& text = texts.emplace_back();
        for (auto const& character : row) {
            text += character;
        }
    }
    return texts;
}

} // namespace backfill::test
