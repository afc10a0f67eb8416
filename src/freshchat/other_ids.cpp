#include "backfill/freshchat/other_ids.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace backfill::freshchat {
namespace {

constexpr int kMostInVain = 3;
constexpr int kLongMemory = 3; // so many conversations of the one sort are outvoted by one more of the other

} // namespace

OtherIds::Kind OtherIds::kind_of(ConversationId const& id)
{
    return std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; }) ? Kind::number : Kind::uuid;
}

OtherIds::Experience const& OtherIds::with(ConversationId const& id) const
{
    return experience_.at(static_cast<std::size_t>(kind_of(id)));
}

OtherIds::Experience& OtherIds::learn(ConversationId const& id)
{
    auto& experience = experience_.at(static_cast<std::size_t>(kind_of(id)));
    experience.is_in_table = true;
    return experience;
}

bool OtherIds::ask_first(ConversationId const& id) const
{
    std::lock_guard const lock{mutex_};
    return with(id).unknown_lately > 0;
}

bool OtherIds::may_help(ConversationId const& id) const
{
    std::lock_guard const lock{mutex_};
    auto const& experience = with(id);
    return experience.has_helped || experience.not_helped < kMostInVain || experience.early_questions > 0;
}

OtherIds::Question::Question(OtherIds& other_ids, ConversationId id) : other_ids_{other_ids}, id_{std::move(id)}
{
    std::lock_guard const lock{other_ids_.mutex_};
    auto& experience = other_ids_.learn(id_);
    is_early_ = experience.not_helped < kMostInVain;
    experience.early_questions += is_early_ ? 1 : 0;
}

OtherIds::Question::~Question()
{
    std::lock_guard const lock{other_ids_.mutex_};
    other_ids_.learn(id_).early_questions -= is_early_ ? 1 : 0;
}

std::vector<ConversationId> OtherIds::to_try(ConversationId const& id, IdPair const& named) const
{
    std::vector<ConversationId> ids{named.first, named.second};
    std::erase_if(ids, [&id](auto const& other) { return other.empty() || other == id; });
    std::lock_guard const lock{mutex_};
    if (ids.size() == 2 && kind_of(ids.back()) == with(id).found_as) {
        std::swap(ids.front(), ids.back());
    }
    return ids;
}

void OtherIds::not_needed(ConversationId const& id)
{
    std::lock_guard const lock{mutex_};
    auto& experience = learn(id);
    experience.unknown_lately = std::max(experience.unknown_lately - 1, -kLongMemory);
}

void OtherIds::did_not_help(ConversationId const& id)
{
    std::lock_guard const lock{mutex_};
    ++learn(id).not_helped;
}

void OtherIds::helped(ConversationId const& id, ConversationId const& other)
{
    std::lock_guard const lock{mutex_};
    auto& experience = learn(id);
    experience.has_helped = true;
    experience.unknown_lately = std::min(experience.unknown_lately + 1, kLongMemory);
    experience.found_as = kind_of(other);
    if (auto const known = found_as_.find(other); known == found_as_.end()) {
        found_as_.emplace(texts_.keep(other), texts_.keep(id));
    } else if (known->second != id) {
        twins_.emplace_back(known->second, id);
    }
}

std::vector<IdPair> OtherIds::found_as() const
{
    std::lock_guard const lock{mutex_};
    std::vector<IdPair> pairs;
    for (auto const& [other, id] : found_as_) {
        IdPair pair{other, id};
        if (with(pair.first).is_in_table) {
            pairs.push_back(std::move(pair));
        }
    }
    return pairs;
}

std::vector<IdPair> OtherIds::twins() const
{
    std::lock_guard const lock{mutex_};
    return twins_;
}

} // namespace backfill::freshchat
