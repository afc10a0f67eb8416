// What the state file knows of whole passes over a selection: their mark, and whom they owe another try.

#include "app/files/state_file.hpp"

#include "backfill/core/timestamp.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>

#include <algorithm>

namespace backfill::app {
namespace {

constexpr std::size_t kMostOwed = 10'000;
constexpr std::size_t kLongestId = 250; // with which the file stays far below what is read of it
constexpr std::size_t kMostSelections = 8;

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
    auto owed = all_owed(own.owed, settled_, keeps_failed_ ? failed_ : std::set<ConversationId>{});
    if (owed.size() <= kMostOwed) { // else another run has added its own meanwhile, and nothing can be promised
        own.owed = std::move(owed);
        own.mark = moved_to_.empty() ? own.mark : moved_to_;
    }
    while (passes_.size() > kMostSelections) {
        auto oldest = passes_.begin()->first == passes_of_ ? std::next(passes_.begin()) : passes_.begin();
        for (auto other = oldest; other != passes_.end(); ++other) {
            bool const is_older = other->first != passes_of_ && other->second.mark < oldest->second.mark;
            oldest = is_older ? other : oldest;
        }
        passes_.erase(oldest);
    }
    if (own.mark.empty() && own.owed.empty()) {
        passes_.erase(passes_of_);
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

void StateFile::complete(ConversationId const& id)
{
    std::lock_guard lock{mutex_};
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

bool StateFile::keep_failed()
{
    std::lock_guard lock{mutex_};
    auto const passes = passes_.find(passes_of_);
    auto const owed = passes == passes_.end() ? std::set<ConversationId>{} : passes->second.owed;
    keeps_failed_ = !cannot_keep_all_ && all_owed(owed, settled_, failed_).size() <= kMostOwed;
    return keeps_failed_;
}

void StateFile::move_mark(std::string const& began)
{
    moved_to_ = began;
}

} // namespace backfill::app
