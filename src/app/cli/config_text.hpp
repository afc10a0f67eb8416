#pragma once

#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What `config` prints: a line per setting with its effective value and its origin. Of a secret it shows only a length
/// class, of an invalid URL nothing, since it could carry a password.
struct ConfigText {
    std::string table;
    std::vector<std::string> refusals; ///< settings that could not even be looked up
};

/// `checked`: the typed settings; null when one of them is wrong.
ConfigText config_text(SettingValues const& values, Settings const* checked);

} // namespace backfill::app
