#include "app/state_file.hpp"

#include "backfill/core/file.hpp"
#include "backfill/core/log.hpp"
#include "backfill/core/shard.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

namespace backfill::app {
namespace {

constexpr int kVersion = 1;
constexpr std::uintmax_t kMostBytes = 1'000'000;

/// A cursor of one selection means nothing to another.
std::string selection_hash(Settings const& settings)
{
    auto const& chosen = settings.selection;
    std::string text = settings.supabase.text() + '\n' + settings.conversation_table + '\n' + settings.messages.table
        + '\n' + chosen.created_from + '\n' + chosen.created_to + '\n' + std::to_string(static_cast<int>(settings.mode))
        + '\n' + std::to_string(chosen.shard.index) + '/' + std::to_string(chosen.shard.count) + '\n'
        + (chosen.limit ? std::to_string(*chosen.limit) : "") + '\n';
    if (chosen.only) {
        for (auto const& id : *chosen.only) {
            text += id + '\n';
        }
    }
    std::array<char, 17> hex{};
    std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(stable_hash(text)));
    return hex.data();
}

} // namespace

StateFile::StateFile(Settings const& settings)
    : path_{settings.state_file}, freshchat_{settings.freshchat.text()}, selection_{selection_hash(settings)}
{
    std::error_code error;
    auto const size = std::filesystem::file_size(path_, error);
    if (error) {
        return; // the first run
    }
    std::ifstream file{path_, std::ios::binary};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    auto const about = "STATE_FILE=" + printable(path_);
    try {
        if (size > kMostBytes || !file) {
            throw Poco::DataFormatException{"unreadable"};
        }
        read(text);
    } catch (Poco::Exception const&) {
        ceilings_.clear();
        stopped_after_.reset();
        failed_before_ = 0;
        warnings_.push_back(about + " is damaged and ignored.");
    }
}

void StateFile::read(std::string const& text)
{
    auto const object = Poco::JSON::Parser{}.parse(text).extract<Poco::JSON::Object::Ptr>();
    if (object->getValue<int>("version") != kVersion) {
        throw Poco::DataFormatException{"another version"};
    }
    auto const ceilings = object->getObject("requests_per_minute");
    auto const stop = object->getObject("stopped");
    if ((object->has("requests_per_minute") && !ceilings) || (object->has("stopped") && !stop)) {
        throw Poco::DataFormatException{"no object"};
    }
    if (ceilings) {
        for (auto const& [host, value] : *ceilings) {
            auto const per_minute = value.convert<double>();
            if (!std::isfinite(per_minute) || per_minute <= 0) {
                throw Poco::DataFormatException{"no rate"};
            }
            ceilings_.emplace(host, per_minute);
        }
    }
    bool const other_host = !ceilings_.empty() && !ceilings_.contains(freshchat_);
    bool const other_selection = stop && stop->getValue<std::string>("selection") != selection_;
    if (other_host || other_selection) {
        warnings_.push_back("STATE_FILE=" + printable(path_)
            + (other_host ? " is of another Freshchat host" : " stands for a run with other filters, tables or shard")
            + ": ignored.");
    }
    if (stop && !other_host && !other_selection) {
        stopped_after_ = Conversation{stop->getValue<std::string>("id"), stop->getValue<std::string>("created_time")};
        failed_before_ = stop->getValue<std::size_t>("failed");
    }
}

double StateFile::ceiling_per_minute() const
{
    auto const found = ceilings_.find(freshchat_);
    return found == ceilings_.end() ? 0 : found->second;
}

void StateFile::remember_ceiling(double per_minute)
{
    if (per_minute > 0) {
        ceilings_ = {{freshchat_, per_minute}};
    }
}

void StateFile::remember_stop(std::optional<Conversation> after, std::size_t failed)
{
    if (after) {
        stopped_after_ = std::move(after);
        failed_before_ += failed;
    }
}

void StateFile::forget_stop()
{
    stopped_after_.reset();
    failed_before_ = 0;
}

std::string StateFile::save() const
{
    Poco::JSON::Object ceilings;
    for (auto const& [host, per_minute] : ceilings_) {
        ceilings.set(host, per_minute);
    }
    Poco::JSON::Object state;
    state.set("version", kVersion);
    state.set("requests_per_minute", ceilings);
    if (stopped_after_) {
        Poco::JSON::Object stop;
        stop.set("selection", selection_);
        stop.set("id", stopped_after_->id);
        stop.set("created_time", stopped_after_->created_time);
        stop.set("failed", failed_before_);
        state.set("stopped", stop);
    }
    std::ostringstream text;
    state.stringify(text, 2);
    return replace_file(path_, text.str() + "\n");
}

} // namespace backfill::app
