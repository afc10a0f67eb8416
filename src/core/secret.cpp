#include "backfill/core/secret.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace backfill {
namespace {

constexpr std::size_t kShortest = 8; // a shorter one is no key, and might occur in any text

/// All secrets of this process: a server may echo a key in any text, and code that prints such a text does not know the
/// keys.
struct Known {
    std::shared_mutex mutex;
    std::vector<std::string> secrets;
};

Known& known()
{
    static Known all;
    return all;
}

} // namespace

Secret::Secret(std::string value) : value_{std::move(value)}
{
    if (value_.size() < kShortest) {
        return;
    }
    std::lock_guard lock{known().mutex};
    auto& secrets = known().secrets;
    if (std::find(secrets.begin(), secrets.end(), value_) == secrets.end()) {
        secrets.push_back(value_);
    }
}

std::optional<std::string> with_secrets_masked(std::string_view text)
{
    std::optional<std::string> masked;
    std::shared_lock lock{known().mutex};
    for (auto const& secret : known().secrets) {
        for (auto at = text.find(secret); at != std::string_view::npos; at = text.find(secret, at)) {
            masked = std::string{text.substr(0, at)} + "***" + std::string{text.substr(at + secret.size())};
            text = *masked;
        }
    }
    return masked;
}

} // namespace backfill
