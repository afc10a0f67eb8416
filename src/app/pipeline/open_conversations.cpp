#include "app/pipeline/open_conversations.hpp"

namespace backfill::app {

using supabase::RowResult;

std::vector<Row> OpenConversations::open(Fetched fetched)
{
    if (fetched.rows.empty()) {
        run_log_.conversation_done(fetched.conversation, fetched.counts);
        return {};
    }
    Entry entry{fetched.rows.size(), fetched.counts, std::move(fetched.texts)};
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [&] { return abandoned_ || !entries_.contains(fetched.conversation); });
    bool const opened = entries_.try_emplace(std::move(fetched.conversation), std::move(entry)).second;
    return opened ? std::move(fetched.rows) : std::vector<Row>{};
}

std::vector<Row> OpenConversations::sendable(std::vector<Row> rows)
{
    std::vector<Row> lost;
    std::vector<RowResult> results;
    {
        std::lock_guard lock{mutex_};
        std::erase_if(rows, [&](Row const& row) {
            auto const& failure = entries_.find(row.conversation)->second.failure;
            if (!failure.empty()) {
                lost.push_back(row);
                results.push_back({RowResult::Fate::lost, failure});
            }
            return !failure.empty();
        });
    }
    answer(lost, results);
    return rows;
}

void OpenConversations::answer(std::vector<Row> const& rows, std::vector<RowResult> const& results)
{
    std::vector<Entries::value_type const*> ended; // in entries_ until they are reported
    {
        std::lock_guard lock{mutex_};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& conversation = *entries_.find(rows[i].conversation);
            count(conversation, rows[i], results[i]);
            if (--conversation.second.unanswered == 0) {
                ended.push_back(&conversation);
            }
        }
    }
    if (!ended.empty()) {
        report(ended);
    }
}

void OpenConversations::count(Entries::value_type& conversation, Row const& row, RowResult const& result)
{
    auto& [id, entry] = conversation;
    switch (result.fate) {
    case RowResult::Fate::written:
        if (!row.was_stored) {
            ++entry.counts.fresh;
            facts_.message_in_table(row.time_key, {.fresh = 1});
            break;
        }
        [[fallthrough]];
    case RowResult::Fate::already_stored:
        ++entry.counts.stored;
        facts_.message_in_table(row.time_key, {.stored = 1});
        break;
    case RowResult::Fate::refused:
        ++entry.counts.failed;
        run_log_.message_failed(id, {row.id, result.code, result.reason, row.json});
        break;
    case RowResult::Fate::dropped:
        ++entry.counts.failed;
        run_log_.message_failed(id, {row.id, kNotStored, result.reason, row.json});
        break;
    case RowResult::Fate::cut_off:
        entry.by_stop = true;
        [[fallthrough]];
    case RowResult::Fate::lost:
        ++entry.counts.failed;
        entry.failure = result.reason;
        run_log_.message_lost(id, {row.id, kLost, result.reason, row.json});
        break;
    }
}

/// Without the lock: writing lines takes a while.
void OpenConversations::report(std::vector<Entries::value_type const*> const& ended)
{
    for (auto const* conversation : ended) {
        auto const& [id, entry] = *conversation;
        if (entry.failure.empty()) {
            run_log_.conversation_done(id, entry.counts);
        } else {
            run_log_.conversation_failed({id, ConversationFailure::upsert, entry.failure, entry.by_stop}, entry.counts);
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
