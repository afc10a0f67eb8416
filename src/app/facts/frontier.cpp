#include "app/facts/frontier.hpp"

#include <utility>

namespace backfill::app {

void Frontier::handed_out(Conversation const& conversation)
{
    by_id_.emplace(conversation.id, &open_.emplace_back(Entry{conversation}));
}

void Frontier::ended(ConversationId const& id, Result result)
{
    auto const found = by_id_.find(id);
    if (found == by_id_.end()) {
        return; // not in the list: an id that the user named and the table lacks
    }
    auto& entry = *found->second; // either one where the list holds the id twice
    entry.ended = true;
    entry.failed = result == Result::failed;
    by_id_.erase(found);
    while (!open_.empty() && open_.front().ended) {
        failed_ += open_.front().failed ? 1 : 0;
        reached_ = std::move(open_.front().conversation);
        open_.pop_front();
    }
}

} // namespace backfill::app
