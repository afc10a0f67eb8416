#include "app/settings/hosts.hpp"

#include <fmt/format.h>

#include <string_view>

namespace backfill::app {
namespace {

constexpr auto* kFreshchatExample = "the account's host, e.g. acme.freshchat.com";
constexpr auto* kSupabaseExample = "the project URL, e.g. https://abc.supabase.co";

/// The first part of the path behind `before`; "" where the path has none.
std::string_view part_behind(std::string_view path, std::string_view before)
{
    auto const at = path.find(before);
    if (at == path.npos) {
        return {};
    }
    auto const rest = path.substr(at + before.size());
    return rest.substr(0, rest.find('/'));
}

std::string freshchat_right_form(http::Endpoint const& given)
{
    std::string_view const host{given.host};
    if (host == "freshdesk.com" || host.ends_with(".freshdesk.com")) {
        return fmt::format("{} is Freshdesk's; give the chat's host, which stands beside the API token (Admin → API "
                           "Tokens), e.g. {}.freshchat.com",
            host, host.substr(0, host.find('.')));
    }
    std::string_view const path{given.path};
    if (auto const api = (given.path + "/").find("/v2/"); api != std::string::npos && api + 3 < path.size()) {
        auto whole = given;
        whole.path.resize(api);
        return fmt::format("an address below /v2; give the host alone: {}", whole.text());
    }
    return {};
}

std::string supabase_right_form(http::Endpoint const& given)
{
    std::string_view const host{given.host};
    std::string_view const path{given.path};
    if (host == "supabase.com" || host == "www.supabase.com" || host == "app.supabase.com"
        || host == "app.supabase.io") {
        auto const project = part_behind(path, "/project/");
        return fmt::format("{} is the dashboard; give the project URL{}", host,
            project.empty() ? ", e.g. https://abc.supabase.co (Project Settings → Data API)"
                            : fmt::format(": https://{}.supabase.co", project));
    }
    if (host.starts_with("db.") && host.ends_with(".supabase.co")) {
        return fmt::format("{} is the database; give the project URL: https://{}", host, host.substr(3));
    }
    auto whole = given;
    if (auto const rest = (given.path + "/").find("/rest/v1/"); rest != std::string::npos && rest + 8 < path.size()) {
        whole.path.resize(rest);
        return fmt::format("the address of a table; give the project URL: {}", whole.text());
    }
    for (std::string_view const api : {"/auth/v1", "/storage/v1", "/functions/v1", "/realtime/v1", "/graphql/v1"}) {
        if (auto const at = path.find(api); at != path.npos) {
            whole.path.resize(at);
            return fmt::format("{} is another part of Supabase; give the project URL: {}", api, whole.text());
        }
    }
    return {};
}

} // namespace

Api freshchat_api()
{
    return {"/v2", kFreshchatExample, freshchat_right_form};
}

Api supabase_api()
{
    return {"/rest/v1", kSupabaseExample, supabase_right_form};
}

} // namespace backfill::app
