#include "app/facts/frontier.hpp"

#include <utility>

namespace backfill::app {

void Frontier::handed_out(Conversation const& conversation)
{
    auto const early = ended_early_.find(conversation.id);
    if (early != ended_early_.end()) {
        open_.push_back({conversation, true, early->second == Result::failed});
        ended_early_.erase(early);
        advance();
        return;
    }
    positions_.emplace(conversation.id, left_ + open_.size());
    open_.push_back({conversation, false, false});
}

void Frontier::ended(ConversationId const& id, Result result)
{
    auto const found = positions_.find(id);
    if (found == positions_.end()) {
        ended_early_.emplace(id, result);
        return;
    }
    auto& entry = open_[found->second - left_]; // either one where the list holds the id twice
    entry.ended = true;
    entry.failed = result == Result::failed;
    positions_.erase(found);
    advance();
}

void Frontier::advance()
{
    while (!open_.empty() && open_.front().ended) {
        failed_ += open_.front().failed ? 1 : 0;
        reached_ = std::move(open_.front().conversation);
        passed_.add(reached_->id);
        open_.pop_front();
        ++left_;
    }
}

} // namespace backfill::app
