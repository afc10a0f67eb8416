#pragma once

#include "app/settings/values.hpp"

#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <vector>

namespace backfill::app {

/// The two tables, by what their columns are called, the first one without its filters. All throw UsageError.
supabase::ConversationTable conversation_table(SettingValues const& values);
std::vector<supabase::Filter> conversation_filters(SettingValues const& values);
supabase::MessageTableLayout message_table(SettingValues const& values);

} // namespace backfill::app
