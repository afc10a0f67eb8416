#include "app/settings/hosts.hpp"

#include "backfill/core/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace backfill::app {
namespace {

constexpr auto* kFreshchatExample = "the account's host, e.g. acme.freshchat.com";
constexpr auto* kSupabaseExample = "the project URL, e.g. https://abc.supabase.co";
constexpr auto* kSupabaseForm = "https://{}.supabase.co";

bool is_alphanumeric(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, is_ascii_alphanumeric);
}

/// "https//", "https:" and the like at the front of `text`.
std::string about_broken_scheme(std::string_view text)
{
    auto const lower = ascii_lower(text);
    auto const letters = lower.find_first_not_of("htps"); // of "htps:/" too
    bool const begins_so = letters != std::string::npos && lower.starts_with("ht");
    auto const end = begins_so ? std::min(lower.find_first_not_of(":;/", letters), lower.size()) : letters;
    auto const marks = begins_so ? lower.substr(letters, end - letters) : "";
    return marks.empty() || marks.starts_with("://")
        ? ""
        : fmt::format("\"{}\" is no scheme; write https://, or the host alone", text.substr(0, end));
}

/// A host without a dot can only be meant where it has a scheme: that of a container or of the local network.
bool is_bare_name(http::Endpoint const& given, bool has_scheme)
{
    return !has_scheme && !given.is_loopback() && given.host.find_first_of(".:") == std::string::npos;
}

std::string about_bare_name(std::string_view example)
{
    return fmt::format("a name without a dot; give {}, or put http:// or https:// before a host of your own", example);
}

/// Of the database in place of its API, as clients of Postgres take it.
std::string about_database(std::string_view text)
{
    constexpr std::string_view kProject = ".supabase.co";
    constexpr std::string_view kPooler = "pooler.supabase.com";
    constexpr std::string_view kPoolerUser = "postgres.";
    auto const lower = ascii_lower(text);
    std::string_view rest{lower};
    auto const scheme = rest.substr(0, std::min(rest.find("://"), rest.size()));
    rest.remove_prefix(scheme.size() < rest.size() ? scheme.size() + 3 : 0);
    auto const at = rest.rfind('@'); // a password may hold one
    auto const user = at == rest.npos ? std::string_view{} : rest.substr(0, std::min(rest.find(':'), at));
    auto host = rest.substr(at == rest.npos ? 0 : at + 1);
    host = host.substr(0, host.find_first_of(":/?#"));
    bool const is_direct = host.starts_with("db.") && host.ends_with(kProject);
    if (!is_direct && !host.ends_with(kPooler) && scheme != "postgres" && scheme != "postgresql") {
        return {};
    }
    auto const project = is_direct      ? host.substr(3, host.size() - 3 - kProject.size())
        : user.starts_with(kPoolerUser) ? user.substr(kPoolerUser.size())
                                        : std::string_view{};
    return "that is the database; give "
        + (is_alphanumeric(project) ? "the project URL: " + fmt::format(kSupabaseForm, project) : kSupabaseExample);
}

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

std::string freshchat_right_form(http::Endpoint const& given, bool has_scheme)
{
    std::string_view const host{given.host};
    if (host == "freshdesk.com" || host.ends_with(".freshdesk.com")) {
        return fmt::format("{} is Freshdesk's; give the chat's host, which stands beside the API token (Admin → API "
                           "Tokens), e.g. {}.freshchat.com",
            host, host.substr(0, host.find('.')));
    }
    if (is_bare_name(given, has_scheme)) {
        constexpr std::size_t kLongestName = 30; // else it may be the token
        bool const may_be_shown = host.size() <= kLongestName && given.path.empty();
        return may_be_shown ? fmt::format("give {}.freshchat.com, the host beside the API token", host)
                            : about_bare_name(kFreshchatExample);
    }
    std::string_view const path{given.path};
    if (auto const api = (given.path + "/").find("/v2/"); api != std::string::npos && api + 3 < path.size()) {
        auto whole = given;
        whole.path.resize(api);
        return fmt::format("an address below /v2; give the host alone: {}", whole.text());
    }
    return {};
}

std::string supabase_right_form(http::Endpoint const& given, bool has_scheme)
{
    std::string_view const host{given.host};
    std::string_view const path{given.path};
    if (host == "supabase.com" || host == "www.supabase.com" || host == "app.supabase.com"
        || host == "app.supabase.io") {
        auto const project = part_behind(path, "/project/");
        return fmt::format("{} is the dashboard; give the project URL{}", host,
            project.empty() ? ", e.g. https://abc.supabase.co (Project Settings → Data API)"
                            : ": " + fmt::format(kSupabaseForm, project));
    }
    if (is_bare_name(given, has_scheme)) {
        constexpr std::size_t kProjectLength = 20;
        return host.size() == kProjectLength && is_alphanumeric(host) && path.empty()
            ? "give " + fmt::format(kSupabaseForm, host)
            : about_bare_name(kSupabaseExample);
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
    return {"/v2", kFreshchatExample, freshchat_right_form, about_broken_scheme};
}

Api supabase_api()
{
    return {"/rest/v1", kSupabaseExample, supabase_right_form, [](std::string_view text) {
                auto const database = about_database(text);
                return database.empty() ? about_broken_scheme(text) : database;
            }};
}

} // namespace backfill::app
