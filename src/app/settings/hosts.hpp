#pragma once

#include "app/settings/readers.hpp"

namespace backfill::app {

// What the two addresses look like, and the other addresses of the same services that people copy.

Api freshchat_api();
Api supabase_api();

} // namespace backfill::app
