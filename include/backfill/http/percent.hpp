#pragma once

#include <string>
#include <string_view>

namespace backfill::http {

/// Percent-encodes every byte outside A-Za-z0-9-._~, so that the result fits a path segment and a query value alike.
std::string percent_encoded(std::string_view text);

} // namespace backfill::http
