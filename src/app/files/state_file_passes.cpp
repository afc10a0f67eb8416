// What the state file knows of whole passes over a selection: their mark, and whom they owe another try.

#include "app/files/state_file.hpp"

#include "backfill/core/timestamp.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>

#include <algorithm>

namespace backfill::app {
namespace {

constexpr std::size_t kMostOwed = 10'000;
constexpr char const* kLast = "this run's"; // behind any time
constexpr std::size_t kLongestId = 250;     // with which the file stays far below what is read of it
constexpr std::size_t kMostSelections = 8;  // with a mark only: without it, a run takes more, not less
constexpr std::size_t kMostInAll = 64;      // each may owe somebody a try

/// Without those that were settled.
std::set<ConversationId> all_owed(
    std::set<ConversationId> owed, std::set<ConversationId> const& settled, std::set<ConversationId> const& failed)
{
    std::erase_if(owed, [&settled](auto const& id) { return settled.contains(id); });
    owed.insert(failed.begin(), failed.end());
    return owed;
}

} // namespace

void StateFile::read_passes(Poco::JSON::Array const& selections)
{
    for (unsigned i = 0; i < selections.size(); ++i) {
        auto const one = selections.getObject(i);
        auto const ids = one.isNull() ? nullptr : one->getArray("owed");
        auto const mark = ids.isNull() ? std::string{} : one->getValue<std::string>("mark");
        bool const is_sound = !ids.isNull() && ids->size() <= kMostOwed && (mark.empty() || parse_timestamp(mark));
        if (!is_sound) {
            throw Poco::DataFormatException{"damaged"};
        }
        auto& passes = passes_[one->getValue<std::string>("selection")];
        passes = {mark, ids_of(*ids)};
    }
}

Poco::JSON::Array StateFile::passes_json() const
{
    Poco::JSON::Array selections;
    for (auto const& [hash, passes] : passes_) {
        Poco::JSON::Object one;
        one.set("selection", hash);
        one.set("mark", passes.mark);
        one.set("owed", ids_json(passes.owed));
        selections.add(one);
    }
    return selections;
}

void StateFile::take_passes()
{
    auto& own = passes_[passes_of_];
    auto owed = all_owed(own.owed, settled_, cannot_keep_all_ ? std::set<ConversationId>{} : failed_);
    if (owed.size() <= kMostOwed) { // else another run has added its own meanwhile, and nothing can be promised
        own.owed = std::move(owed);
        own.mark = moved_to_.empty() ? own.mark : moved_to_;
    }
    drop_oldest(kMostSelections, [](Passes const& passes) { return passes.owed.empty(); });
    drop_oldest(kMostInAll, [](Passes const& /*passes*/) { return true; });
    if (own.mark.empty() && own.owed.empty()) {
        passes_.erase(passes_of_);
    }
}

/// Leaves so many of those that `may_go`, and this run's.
void StateFile::drop_oldest(std::size_t most, bool (*may_go)(Passes const&))
{
    std::vector<std::pair<std::string, std::string>> by_mark;
    for (auto const& [hash, passes] : passes_) {
        if (may_go(passes) || hash == passes_of_) {
            by_mark.emplace_back(hash == passes_of_ ? kLast : passes.mark, hash);
        }
    }
    std::ranges::sort(by_mark);
    for (std::size_t i = 0; i + most < by_mark.size(); ++i) {
        passes_.erase(by_mark[i].second);
    }
}

std::string StateFile::newest_of(std::vector<std::string> const& selections) const
{
    auto const mark_of = [this](std::string const& selection) {
        auto const found = passes_.find(selection);
        return found == passes_.end() ? std::string{} : found->second.mark;
    };
    return *std::ranges::max_element(selections, {}, mark_of);
}

void StateFile::complete(ConversationId const& id, std::size_t messages)
{
    std::lock_guard lock{mutex_};
    remember_long(id, messages);
    auto const passes = passes_.find(passes_of_);
    bool const was_owed = passes != passes_.end() && passes->second.owed.contains(id);
    if (failed_.erase(id) > 0 || was_owed) {
        settled_.insert(id);
    }
}

void StateFile::lacking(ConversationId const& id)
{
    std::lock_guard lock{mutex_};
    settled_.erase(id);
    if (id.size() > kLongestId || failed_.size() == kMostOwed) {
        cannot_keep_all_ = cannot_keep_all_ || !failed_.contains(id);
    } else {
        failed_.insert(id);
    }
}

bool StateFile::keeps_failed() const
{
    std::lock_guard lock{mutex_};
    auto const passes = passes_.find(passes_of_);
    auto const owed = passes == passes_.end() ? std::set<ConversationId>{} : passes->second.owed;
    return !cannot_keep_all_ && all_owed(owed, settled_, failed_).size() <= kMostOwed;
}

void StateFile::move_mark(std::string const& began)
{
    moved_to_ = began;
}

} // namespace backfill::app
