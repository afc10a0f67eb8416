#pragma once

#include "app/settings/notices.hpp"

#include <string>

namespace backfill::test {

/// As settings read it, with the usual way to connect.
inline app::SecretUrl secret_url(std::string const& text)
{
    auto const parsed = http::parse_url(text);
    return {parsed.endpoint, Secret{parsed.target}, {}};
}

} // namespace backfill::test
