#include "app/settings/suggestions.hpp"

#include "app/settings/specs.hpp"
#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <numeric>
#include <utility>

namespace backfill::app {
namespace {

bool is_letter(char c)
{
    return c != '-' && c != '_';
}

/// Without what costs nothing.
std::string plain(std::string_view text)
{
    auto letters = ascii_lower(text);
    std::erase_if(letters, [](char c) { return !is_letter(c); });
    return letters;
}

/// Letters to insert, leave out, change or swap with their neighbour; dashes, underscores and case cost nothing.
std::size_t distance(std::string_view from, std::string_view to)
{
    auto const a = plain(from);
    auto const b = plain(to);
    std::vector<std::vector<std::size_t>> costs(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    std::iota(costs[0].begin(), costs[0].end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        costs[i][0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            auto const changed = costs[i - 1][k - 1] + (a[i - 1] == b[k - 1] ? 0U : 1U);
            costs[i][k] = std::min({changed, costs[i - 1][k] + 1, costs[i][k - 1] + 1});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1]) {
                costs[i][k] = std::min(costs[i][k], costs[i - 2][k - 2] + 1);
            }
        }
    }
    return costs.back().back();
}

} // namespace

std::string nearest(std::string_view word, std::vector<std::string> const& known)
{
    auto const found =
        std::ranges::min_element(known, {}, [word](auto const& one) { // of equals, that which begins alike
            auto const same = std::ranges::mismatch(word, one).in1 - word.begin();
            return std::pair{distance(word, one), -same};
        });
    constexpr std::size_t kLettersForOne = 4; // so many letters excuse one that is wrong
    auto const first = word.find_first_not_of('-');
    if (first == word.npos || found == known.end()
        || ascii_lower(word.substr(0, first + 1)) != ascii_lower(std::string_view{*found}.substr(0, first + 1))) {
        return {};
    }
    bool const is_near =
        found != known.end() && distance(word, *found) <= std::min<std::size_t>(word.size() / kLettersForOne, 2);
    return is_near ? "; did you mean " + *found + "?" : "";
}

std::string meant_by(std::string_view name, std::vector<std::string> const& known)
{
    constexpr std::ptrdiff_t kShort = 8;
    auto const letters = [](std::string_view text) { return std::ranges::count_if(text, is_letter); };
    auto const found = std::ranges::find_if(known, [size = letters(name), name, letters](auto const& one) {
        return size >= kShort && std::abs(size - letters(one)) <= 1 && distance(name, one) <= 1; // the last is costly
    });
    return found == known.end() ? "" : *found;
}

std::string about_unknown_option(std::string_view option)
{
    constexpr auto kSecret =
        "; secrets have no option, since everybody on this machine can read a command line: set {}, "
        "or put {} into an --env-file";
    auto const bare = option.substr(std::min(option.find_first_not_of('-'), option.size()));
    if (find_command(std::string{bare}) != nullptr || bare == "help") {
        return fmt::format("; {0} is a command: freshchat-backfill {0}", bare);
    }
    for (auto const& spec : setting_specs()) {
        if (is_secret(spec.kind) && distance(bare, spec.name()) == 0) {
            return fmt::format(kSecret, spec.name(), "it");
        }
    }
    std::vector<std::string> options;
    for (auto const* const specs : {&setting_specs(), &plain_options()}) {
        std::ranges::transform(*specs, std::back_inserter(options), &SettingSpec::option);
    }
    std::erase(options, "");
    if (auto const found = nearest(option, options); !found.empty()) {
        return found;
    }
    for (auto const* const part : {"token", "key", "secret", "password"}) {
        if (bare.find(part) != bare.npos) {
            return fmt::format(kSecret, "FRESHCHAT_TOKEN and SUPABASE_SECRET_KEY", "them");
        }
    }
    return "; see --help";
}

} // namespace backfill::app
