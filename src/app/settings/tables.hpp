#pragma once

#include "app/settings/values.hpp"

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

namespace backfill::app {

/// The two tables, by what their columns are called. Both throw UsageError.
supabase::ConversationTable conversation_table(SettingValues const& values);
supabase::MessageTableLayout message_table(SettingValues const& values);

} // namespace backfill::app
