#pragma once

#include "backfill/core/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace backfill::app {

/// What is wrong with the settings: all of it is told at once.
class Refusals {
public:
    template <typename Read>
    void of(Read read)
    {
        try {
            read();
        } catch (UsageError const& error) {
            std::string const line = error.what();
            if (std::ranges::find(lines_, line) == lines_.end()) { // two may read the same setting
                lines_.push_back(line);
            }
        }
    }

    bool any() const { return !lines_.empty(); }

    /// `more`: lines to tell beside them.
    void throw_if_any(std::vector<std::string> const& more = {}) const
    {
        if (any()) {
            throw UsageError{
                fmt::format("{}{}{}", fmt::join(lines_, "\n"), more.empty() ? "" : "\n", fmt::join(more, "\n"))};
        }
    }

private:
    std::vector<std::string> lines_;
};

} // namespace backfill::app
