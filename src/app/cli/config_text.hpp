#pragma once

#include "app/settings/values.hpp"

#include "app/settings/settings.hpp"

#include <string>
#include <vector>

namespace backfill::app {

/// What `config` prints: a line for each setting with its effective value and its origin. Of a secret only its length
/// class ever leaves this file; of a URL nothing when it is no proper one, since it could carry a password.
struct ConfigText {
    std::string table;
    std::vector<std::string> refusals; ///< of settings that could not even be looked up
};

/// `checked`: the typed settings, when all of them hold; null otherwise.
ConfigText config_text(SettingValues const& values, Settings const* checked);

} // namespace backfill::app
