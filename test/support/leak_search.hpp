#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace backfill::test {

/// `output` as it is, and with the escapes of JSON and of strace resolved once and twice: what holds a text in quotes,
/// or one with letters beyond ASCII, holds it in one of these.
std::vector<std::string> readings_of(std::string output);

/// Looks for many texts at once.
class LeakSearch {
public:
    static constexpr std::size_t kShortest = 8; ///< shorter texts stand in outputs for other reasons: not looked for

    explicit LeakSearch(std::vector<std::string> texts);

    /// Those that stand in `output`, or in another reading of it.
    std::vector<std::string> found_in(std::string const& output) const;

private:
    std::vector<std::string> texts_;
    std::unordered_multimap<std::uint64_t, std::size_t> by_beginning_;
};

/// Whether `secret`, or so much of its beginning that it tells, stands in `output`: lines are cut, and so are secrets.
bool holds_secret(std::string const& output, std::string const& secret);

} // namespace backfill::test
