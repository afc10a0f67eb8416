#pragma once

#include "app/cli/invocation.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/errors.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backfill::test {

using Variables = std::map<std::string, std::string>;

inline Variables const kRequired{{"FRESHCHAT_TOKEN", "tok"}, {"FRESHCHAT_DOMAIN", "acme.freshchat.com"},
    {"SUPABASE_URL", "https://abc.supabase.co"}, {"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_x"}};

inline Variables with(Variables variables, Variables const& more)
{
    for (auto const& [name, value] : more) {
        variables[name] = value;
    }
    return variables;
}

inline app::Invocation parse(
    std::vector<std::string> const& arguments, Variables const& variables, Variables const& files = {})
{
    auto const find = [](Variables const& in, std::string const& name) {
        auto const found = in.find(name);
        return found == in.end() ? std::nullopt : std::optional{found->second};
    };
    auto const names = [&] {
        std::vector<std::string> all;
        std::ranges::transform(variables, std::back_inserter(all), &Variables::value_type::first);
        return all;
    };
    return app::parse_settings(arguments,
        {[&](auto const& name) { return find(variables, name); }, [&](auto const& path) { return find(files, path); },
            names});
}

inline app::Settings settings(
    std::vector<std::string> arguments, Variables const& variables = {}, Variables const& files = {})
{
    arguments.insert(arguments.begin(), "run");
    return *parse(arguments, with(kRequired, variables), files).settings;
}

inline std::string refusal(
    std::vector<std::string> const& arguments, Variables const& variables, Variables const& files = {})
{
    try {
        parse(arguments, variables, files);
    } catch (UsageError const& error) {
        return error.what();
    }
    return "accepted";
}

} // namespace backfill::test
