#include "fuzz/fuzz.hpp"

#include "app/cli/invocation.hpp"
#include "app/settings/settings.hpp"
#include "support/settings_input.hpp"

#include <algorithm>
#include <set>

// Arguments, a line each; an empty line; variables, a line each; an empty line; what every file holds. Either all
// settings are within their ranges, or a line for each says what is wrong, and never a secret.

namespace {

using namespace backfill;
using namespace std::chrono_literals;

struct Input {
    std::vector<std::string> arguments;
    test::Variables variables;
    std::string file;
};

test::Variables const kRequired{{"FRESHCHAT_TOKEN", "token-s3cr3t"}, {"FRESHCHAT_DOMAIN", "acme.freshchat.com"},
    {"SUPABASE_URL", "https://abc.supabase.co"}, {"SUPABASE_SERVICE_ROLE_KEY", "key-s3cr3t"}};

Input read(std::string_view rest)
{
    Input input{{}, kRequired, {}};
    for (auto line = fuzz::take_until(rest, '\n'); !line.empty(); line = fuzz::take_until(rest, '\n')) {
        input.arguments.emplace_back(line);
    }
    for (auto line = fuzz::take_until(rest, '\n'); !line.empty(); line = fuzz::take_until(rest, '\n')) {
        std::string const name{fuzz::take_until(line, '=')};
        input.variables[name] = line;
    }
    input.file = rest;
    return input;
}

bool is_safe_header_value(std::string const& text)
{
    return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

template <typename Value>
bool is_within(Value value, Value low, Value high)
{
    return value >= low && value <= high;
}

void check_columns(app::Settings const& settings)
{
    std::set<std::string> names;
    std::set<std::string> fields;
    for (auto const& column : settings.messages.columns) {
        fuzz::require(!column.field.empty() && !column.name.empty(), "a column has a field and a name");
        fuzz::require(names.insert(column.name).second, "a column is named once");
        fields.insert(column.field);
    }
    fuzz::require(fields.contains("id") && fields.contains("conversationid"), "the ids are among the columns");
}

void check(app::Settings const& settings)
{
    std::vector<http::Endpoint const*> endpoints;
    if (settings.asks_freshchat()) {
        fuzz::require(is_safe_header_value(settings.freshchat_token.reveal()), "the token can stand in a header");
        fuzz::require(settings.freshchat.path.ends_with("/v2"), "Freshchat's API is version 2");
        endpoints.push_back(&settings.freshchat);
    }
    if (settings.asks_supabase()) {
        fuzz::require(settings.supabase.path.ends_with("/rest/v1"), "Supabase's API is PostgREST");
        endpoints.push_back(&settings.supabase);
    }
    fuzz::require(is_safe_header_value(settings.supabase_key.reveal()), "the key can stand in a header");
    fuzz::require(!settings.watch || is_within<std::chrono::milliseconds>(*settings.watch, 1s, 24h), "WATCH_INTERVAL");
    for (auto const* endpoint : endpoints) {
        fuzz::require(!endpoint->host.empty() && endpoint->port != 0, "an endpoint has a host and a port");
        fuzz::require(http::parse_endpoint(endpoint->text()) == *endpoint, "an endpoint can be read as it is written");
    }
    fuzz::require(!settings.pushgateway || settings.pushgateway->path.find("/metrics/job/") != std::string::npos,
        "a Pushgateway's path names a job");
    fuzz::require(is_within<std::size_t>(settings.batch_size, 1, 1000), "BATCH_SIZE");
    fuzz::require(is_within<std::size_t>(settings.concurrency, 1, 64), "CONCURRENCY");
    for (auto const delay : {settings.rate_limit_delay, settings.batch_delay, settings.page_delay}) {
        fuzz::require(is_within<std::chrono::milliseconds>(delay, 0ms, 1h), "delays");
    }
    fuzz::require(is_within(settings.quota.share, 0.01, 1.0), "QUOTA_SHARE");
    fuzz::require(
        settings.quota.max_per_minute >= 0 && settings.quota.max_per_minute < 1e12, "MAX_REQUESTS_PER_MINUTE");
    fuzz::require(is_within<std::chrono::milliseconds>(settings.quota.max_wait, 1s, 24h), "MAX_WAIT");
    fuzz::require(!settings.max_duration || *settings.max_duration > 0ms, "MAX_DURATION");
    auto const& chosen = settings.selection;
    fuzz::require(chosen.shard.count >= 1 && chosen.shard.index < chosen.shard.count, "SHARD");
    fuzz::require(chosen.created_from.empty() || chosen.created_to.empty() || chosen.created_from.size() != 20
            || chosen.created_to.size() != 20 || chosen.created_from <= chosen.created_to,
        "CREATED_FROM is not after CREATED_TO");
    fuzz::require(!chosen.limit || *chosen.limit >= 1, "MAX_CONVERSATIONS");
    fuzz::require(!chosen.only
            || std::none_of(chosen.only->begin(), chosen.only->end(), [](auto const& id) { return id.empty(); }),
        "an id is not empty");
    check_columns(settings);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = fuzz::view(data, size);
    auto const input = read(text);
    app::SettingSources const sources{[&](std::string const& name) -> std::optional<std::string> {
                                          auto const found = input.variables.find(name);
                                          return found == input.variables.end() ? std::nullopt
                                                                                : std::optional{found->second};
                                      },
        [&](std::string const& path) { return path == "absent" ? std::nullopt : std::optional{input.file}; }};
    try {
        auto const invocation = app::parse_settings(input.arguments, sources);
        fuzz::require(invocation.settings.has_value() == invocation.text.empty(), "a run or a text");
        if (invocation.settings) {
            check(*invocation.settings);
        }
        fuzz::require(fuzz::is_storable(invocation.text) && invocation.text.find('\x1B') == std::string::npos,
            "what config shows can be printed");
        fuzz::require(
            invocation.text.find("s3cr3t") == std::string::npos || text.find("s3cr3t") != std::string_view::npos,
            "config shows no secret");
    } catch (UsageError const& error) {
        std::string_view const line = error.what();
        fuzz::require(
            !line.empty() && line.front() != '\n' && line.back() != '\n' && line.find("\n\n") == std::string_view::npos,
            "a line for each says what is wrong");
        fuzz::require(fuzz::is_storable(line) && line.find('\x1B') == std::string_view::npos, "it can be printed");
        fuzz::require(line.find("s3cr3t") == std::string_view::npos || text.find("s3cr3t") != std::string_view::npos,
            "it holds no secret");
    }
    return 0;
}
