#include "app/pipeline/open_conversations.hpp"

namespace backfill::app {

using supabase::RowResult;

std::vector<Row> OpenConversations::open(Fetched fetched)
{
    if (fetched.rows.empty()) {
        run_log_.conversation_done(fetched.conversation, fetched.counts, fetched.days);
        return {};
    }
    Entry entry{fetched.rows.size(), fetched.counts, std::move(fetched.days), std::move(fetched.texts), {}};
    for (auto i = fetched.fresh_rows; i < fetched.rows.size(); ++i) {
        entry.was_stored.insert(fetched.rows[i].id);
    }
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [&] { return abandoned_ || !entries_.contains(fetched.conversation); });
    bool const opened = entries_.try_emplace(std::move(fetched.conversation), std::move(entry)).second;
    return opened ? std::move(fetched.rows) : std::vector<Row>{};
}

std::vector<Row> OpenConversations::sendable(std::vector<Row> rows)
{
    Ended ended;
    {
        std::lock_guard lock{mutex_};
        std::erase_if(rows, [&](Row const& row) {
            auto& conversation = *entries_.find(row.conversation);
            auto const& failure = conversation.second.failure;
            if (!failure.empty()) {
                answer(conversation, row, {RowResult::Fate::lost, failure}, ended);
            }
            return !failure.empty();
        });
    }
    report(ended);
    return rows;
}

void OpenConversations::answer(std::vector<Row> const& rows, std::vector<RowResult> const& results)
{
    Ended ended;
    {
        std::lock_guard lock{mutex_};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            answer(*entries_.find(rows[i].conversation), rows[i], results[i], ended);
        }
    }
    report(ended);
}

void OpenConversations::answer(Entries::value_type& conversation, Row const& row, RowResult const& result, Ended& ended)
{
    auto& [id, entry] = conversation;
    switch (result.fate) {
    case RowResult::Fate::written:
        if (!entry.was_stored.contains(row.id)) {
            ++entry.counts.fresh;
            entry.days.fresh.push_back(day_of(row.time_key));
            break;
        }
        [[fallthrough]];
    case RowResult::Fate::already_stored:
        ++entry.counts.stored;
        entry.days.stored.push_back(day_of(row.time_key));
        break;
    case RowResult::Fate::refused:
        ++entry.counts.failed;
        run_log_.message_failed(id, {row.id, result.code, result.reason, row.json});
        break;
    case RowResult::Fate::dropped:
        ++entry.counts.failed;
        run_log_.message_failed(id, {row.id, code_of(MessageFailure::not_stored), result.reason, row.json});
        break;
    case RowResult::Fate::cut_off:
        entry.by_stop = true;
        [[fallthrough]];
    case RowResult::Fate::lost:
        ++entry.counts.failed;
        entry.failure = result.reason;
        run_log_.message_lost(id, {row.id, code_of(MessageFailure::lost), result.reason, row.json});
        break;
    }
    if (--entry.unanswered == 0) {
        ended.push_back(&conversation);
    }
}

/// Without the lock: writing lines takes a while.
void OpenConversations::report(Ended const& ended)
{
    if (ended.empty()) {
        return;
    }
    for (auto const* conversation : ended) {
        auto const& [id, entry] = *conversation;
        if (entry.failure.empty()) {
            run_log_.conversation_done(id, entry.counts, entry.days);
        } else {
            run_log_.conversation_failed(
                {id, ConversationFailure::upsert, entry.failure, entry.by_stop}, entry.counts, entry.days);
        }
    }
    std::lock_guard lock{mutex_};
    for (auto const* conversation : ended) {
        entries_.erase(entries_.find(conversation->first));
    }
    ended_.notify_all();
}

bool OpenConversations::wait_until_none()
{
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return abandoned_ || entries_.empty(); });
    return !abandoned_;
}

void OpenConversations::abandon()
{
    std::lock_guard lock{mutex_};
    abandoned_ = true;
    ended_.notify_all();
}

} // namespace backfill::app
