#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string_view>

namespace backfill {

/// Owns the texts that many small views point into: a few allocations instead of one each, and moving a view copies no
/// text. One thread at a time.
class TextStore {
public:
    /// A copy that lives as long as the store, wherever the store is moved.
    std::string_view keep(std::string_view text)
    {
        if (text.empty()) {
            return {};
        }
        size_ += text.size();
        auto* const copy = static_cast<char*>(memory_->allocate(text.size(), 1));
        std::copy(text.begin(), text.end(), copy);
        return {copy, text.size()};
    }

    std::size_t size() const { return size_; } ///< bytes kept

private:
    std::size_t size_ = 0;
    static constexpr std::size_t kFirstBlock = 4096;
    std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_{
        std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlock)};
};

/// Lets a container of strings be searched with a view.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

} // namespace backfill
