#include "app/settings/selection.hpp"

#include "app/settings/readers.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/core/utf8.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <unordered_set>

namespace backfill::app {
namespace {

/// RFC 3339 in UTC; empty when the setting is unset. A date alone means `time` on that day.
std::string moment(SettingValues const& values, std::string const& name, std::string const& time)
{
    auto const value = values.find(name);
    if (!value) {
        return {};
    }
    constexpr std::size_t kDateLength = 10; // YYYY-MM-DD
    auto const parsed = parse_timestamp(value->text.size() == kDateLength ? value->text + time : value->text);
    if (!parsed) {
        refuse(*value, "must be a date (2025-07-10) or a time (2025-07-10T19:47:55Z)");
    }
    return parsed->text;
}

std::string content(SettingValues const& values, SettingValue const& file)
{
    auto const text = values.sources().read_file(file.text);
    if (!text) {
        refuse(file, "the file cannot be read");
    }
    return *text;
}

/// `each` gets lines without their ends, and their numbers from 1.
void for_each_line(std::string_view text, std::function<void(std::string_view, std::size_t)> const& each)
{
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = text.find('\n');
        each(text.substr(0, end), number);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

/// CONVERSATION_IDS, CONVERSATIONS_FILE and FROM_REJECTS together; nothing when all are unset.
std::optional<std::vector<ConversationId>> chosen_ids(Command command, SettingValues const& values)
{
    auto const ids = values.find("CONVERSATION_IDS");
    auto const file = values.find("CONVERSATIONS_FILE");
    bool const from_rejects = tries_rejects_again(command, values);
    if (!ids && !file && !from_rejects) {
        return std::nullopt;
    }
    auto only = values.find_list("CONVERSATION_IDS");
    if (ids && only.empty()) {
        refuse(*ids, "holds no id"); // and must not mean "all of them"
    }
    if (file) {
        for_each_line(content(values, *file), [&only](std::string_view line, std::size_t /*number*/) {
            if (auto const id = trim(line); !id.empty()) {
                only.emplace_back(id);
            }
        });
    }
    if (from_rejects) {
        auto const rejects = *values.find("FROM_REJECTS");
        try {
            auto const again = conversations_of_rejects(content(values, rejects));
            only.insert(only.end(), again.begin(), again.end());
        } catch (std::invalid_argument const& error) {
            refuse(rejects, error.what());
        }
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
    chosen.created_from = moment(values, "CREATED_FROM", "T00:00:00Z");
    chosen.created_to = moment(values, "CREATED_TO", "T23:59:59.999999Z");
    if (!chosen.created_from.empty() && !chosen.created_to.empty()
        && parse_timestamp(chosen.created_from)->microseconds > parse_timestamp(chosen.created_to)->microseconds) {
        refuse(*values.find("CREATED_TO"), "must not be before CREATED_FROM=" + values.find("CREATED_FROM")->text);
    }
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
    for_each_line(text, [&](std::string_view line, std::size_t number) {
        if (line.empty()) {
            return;
        }
        auto const id = conversation_of_reject(std::string{line});
        if (!id) {
            throw std::invalid_argument{fmt::format("line {} is not one of a rejects file", number)};
        }
        if (known.insert(*id).second) {
            ids.push_back(*id);
        }
    });
    return ids;
}

} // namespace backfill::app
