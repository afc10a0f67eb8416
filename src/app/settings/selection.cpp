#include "app/settings/selection.hpp"

#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

#include <stdexcept>
#include <unordered_set>

namespace backfill::app {
namespace {

/// Nothing when the setting is unset. A date alone means `time` on that day.
std::optional<Timestamp> moment(SettingValues const& values, std::string const& name, std::string const& time)
{
    auto const value = values.find(name);
    if (!value) {
        return std::nullopt;
    }
    auto const parsed = moment_of(value->text, time);
    if (!parsed) {
        refuse(*value, "must be a date (2025-07-10) or a time (2025-07-10T19:47:55Z)");
    }
    return parsed;
}

/// CONVERSATION_IDS, CONVERSATIONS_FILE and FROM_REJECTS together; nothing when all are unset.
std::optional<std::vector<ConversationId>> chosen_ids(Command command, SettingValues const& values)
{
    auto const ids = values.find("CONVERSATION_IDS");
    auto const file = values.find("CONVERSATIONS_FILE");
    auto const rejects = tries_rejects_again(command, values) ? values.find("FROM_REJECTS") : std::nullopt;
    if (!ids && !file && !rejects) {
        return std::nullopt;
    }
    auto only = ids ? ids->entries : std::vector<ConversationId>{};
    if (ids && only.empty()) {
        refuse(*ids, "holds no id"); // and must not mean "all of them"
    }
    auto const add = [&only](std::vector<ConversationId> const& more) {
        only.insert(only.end(), more.begin(), more.end());
    };
    if (file) {
        add(split_list(content(values, *file), '\n'));
    }
    try {
        add(rejects ? conversations_of_rejects(content(values, *rejects)) : std::vector<ConversationId>{});
    } catch (std::invalid_argument const& error) {
        refuse(*rejects, error.what());
    }
    return only;
}

/// SHARD=i/n, or SHARD_COUNT with the index that Kubernetes gives to each pod of an Indexed Job.
Shard shard(SettingValues const& values)
{
    auto const given = values.find("SHARD");
    auto const count = values.find("SHARD_COUNT");
    if (given && count) {
        throw UsageError{given->origin + " and " + count->origin + " are both set; set one of them"};
    }
    if (given) {
        std::string_view const text{given->text};
        auto const slash = text.find('/');
        auto const of = slash == text.npos ? 0 : parsed<std::size_t>(text.substr(slash + 1)).value_or(0);
        auto const index = parsed<std::size_t>(text.substr(0, slash)).value_or(of);
        auto const most = static_cast<std::size_t>(setting_spec("SHARD_COUNT").range.high);
        if (of > most || index >= of) {
            refuse(*given, fmt::format("must be i/n with n from 1 to {} and i from 0 to n-1", most));
        }
        return {index, of};
    }
    if (!count) {
        return {};
    }
    auto const of = *number(values, "SHARD_COUNT");
    auto const text = values.sources().variable("JOB_COMPLETION_INDEX").value_or("");
    auto const index = parsed<std::size_t>(text);
    if (!index || *index >= of) {
        throw UsageError{fmt::format("{}={} needs JOB_COMPLETION_INDEX, a whole number from 0 to {}; it is {}",
            count->origin, count->text, of - 1, text.empty() ? "not set" : printable(text, 40))};
    }
    return {*index, of};
}

} // namespace

supabase::Selection selection(Command command, SettingValues const& values)
{
    supabase::Selection chosen;
    auto const from = moment(values, "CREATED_FROM", "T00:00:00Z");
    auto const to = moment(values, "CREATED_TO", "T23:59:59.999999Z");
    if (from && to && from->microseconds > to->microseconds) {
        refuse(*values.find("CREATED_TO"), "must not be before CREATED_FROM=" + values.find("CREATED_FROM")->text);
    }
    chosen.created_from = from ? from->text : "";
    chosen.created_to = to ? to->text : "";
    chosen.limit = number(values, "MAX_CONVERSATIONS");
    chosen.only = chosen_ids(command, values);
    chosen.shard = shard(values);
    if (command == Command::verify) {
        chosen.sample = number(values, "SAMPLE");
    }
    return chosen;
}

bool tries_rejects_again(Command command, SettingValues const& values)
{
    return (command == Command::run || command == Command::dry_run) && values.find("FROM_REJECTS");
}

std::optional<ConversationId> conversation_of_reject(std::string const& line)
{
    try {
        return Poco::JSON::Parser{}.parse(line).extract<Poco::JSON::Object::Ptr>()->getValue<std::string>(
            "conversation");
    } catch (Poco::Exception const&) {
        return std::nullopt;
    }
}

std::vector<ConversationId> conversations_of_rejects(std::string_view text)
{
    std::vector<ConversationId> ids;
    std::unordered_set<ConversationId> known;
    std::size_t number = 0;
    for (auto const line : split(text, '\n')) {
        ++number;
        auto const id = line.empty() ? std::nullopt : conversation_of_reject(std::string{line});
        if (!id && !line.empty()) {
            throw std::invalid_argument{fmt::format("line {} is not one of a rejects file", number)};
        }
        if (id && known.insert(*id).second) {
            ids.push_back(*id);
        }
    }
    return ids;
}

} // namespace backfill::app
