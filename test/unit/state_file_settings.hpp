#pragma once

#include "app/settings/settings.hpp"

#include <string>

namespace backfill::test {

inline app::Settings settings_for(std::string const& path)
{
    app::Settings settings;
    settings.state_file = path;
    settings.freshchat = http::parse_endpoint("https://acme.freshchat.com/v2");
    settings.supabase = http::parse_endpoint("https://abc.supabase.co/rest/v1");
    settings.conversations = "Conversation";
    settings.messages.table = "Message";
    return settings;
}

} // namespace backfill::test
