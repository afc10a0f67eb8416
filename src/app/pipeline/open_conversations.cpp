#include "app/pipeline/open_conversations.hpp"

#include "backfill/supabase/id_spelling.hpp"

#include <algorithm>

namespace backfill::app {

using supabase::RowResult;

std::vector<Row> OpenConversations::open(Fetched fetched)
{
    Entry entry{fetched.rows.size(), fetched.rows.size(), fetched.counts, std::move(fetched.texts)};
    entry.surplus = std::move(fetched.surplus);
    if (fetched.rows.empty()) {
        done(fetched.conversation, entry);
        return {};
    }
    std::unique_lock lock{mutex_};
    auto const is_free = [&] {
        auto const earlier = entries_.find(fetched.conversation);
        return earlier == entries_.end() || earlier->second.is_put_back;
    };
    ended_.wait(lock, [&] { return abandoned_ || is_free(); });
    bool const opened = entries_.try_emplace(std::move(fetched.conversation), std::move(entry)).second;
    return opened ? std::move(fetched.rows) : std::vector<Row>{};
}

std::vector<Row> OpenConversations::sendable(std::vector<Row> rows)
{
    std::vector<Row> lost;
    std::vector<RowResult> results;
    {
        std::lock_guard lock{mutex_};
        Entries::value_type* conversation = nullptr;
        std::erase_if(rows, [&](Row const& row) {
            conversation = &of_row(row, conversation);
            auto const& failure = conversation->second.failure;
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

void OpenConversations::sending(std::span<Row const> rows)
{
    std::vector<ConversationId> parted;
    {
        std::lock_guard lock{mutex_};
        for (auto begin = rows.begin(); begin != rows.end();) {
            auto const end = std::find_if(
                begin, rows.end(), [&](Row const& row) { return row.conversation != begin->conversation; });
            auto& [id, entry] = *entries_.find(begin->conversation);
            if (!entry.is_parted && static_cast<std::size_t>(end - begin) < entry.rows) {
                entry.is_parted = true;
                parted.push_back(id);
            }
            begin = end;
        }
    }
    for (auto const& id : parted) {
        run_log_.conversation_parted(id);
    }
}

void OpenConversations::answer(std::vector<Row> const& rows, std::vector<RowResult> const& results)
{
    std::vector<Entries::value_type*> ended; // in entries_ until they are reported
    {
        std::lock_guard lock{mutex_};
        Entries::value_type* conversation = nullptr;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            conversation = &of_row(rows[i], conversation);
            count(*conversation, rows[i], results[i]);
            if (--conversation->second.unanswered == 0) {
                ended.push_back(conversation);
            }
        }
    }
    if (!ended.empty()) {
        report(ended);
    }
}

/// By this run, or by the one that a dry run stands for.
bool OpenConversations::is_written(RowResult::Fate fate) const
{
    bool const rewrites = settings_.messages.on_conflict == supabase::OnConflict::update;
    return !settings_.only_compares()
        && (fate == RowResult::Fate::written || (fate == RowResult::Fate::already_stored && rewrites));
}

/// `last` is the row's before, or null: rows of a conversation come side by side.
OpenConversations::Entries::value_type& OpenConversations::of_row(Row const& row, Entries::value_type* last)
{
    return last != nullptr && last->first == row.conversation ? *last : *entries_.find(row.conversation);
}

void OpenConversations::count(Entries::value_type& conversation, Row const& row, RowResult const& result)
{
    auto& [id, entry] = conversation;
    if (!result.stored_under.empty()) {
        run_log_.message_stored_elsewhere(id, row.id, result.stored_under);
        elsewhere_.insert(supabase::folded(row.id));
    }
    if (row.lacks_text && is_written(result.fate)) {
        ++entry.counts.without_text;
    }
    switch (result.fate) {
    case RowResult::Fate::written:
        if (!row.was_stored && result.stored_under.empty()) {
            ++entry.counts.fresh;
            facts_.message_in_table(row.time_key, {.fresh = 1});
            if (settings_.command == Command::verify) {
                entry.missing.emplace_back(row.id);
            }
            break;
        }
        [[fallthrough]];
    case RowResult::Fate::already_stored:
        ++entry.counts.stored;
        facts_.message_in_table(row.time_key, {.stored = 1});
        break;
    case RowResult::Fate::put_back: // is answered later
    case RowResult::Fate::refused:
        ++entry.counts.failed;
        run_log_.message_failed(id, {row.id, result.code, result.reason, row.json, result.advice});
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
void OpenConversations::report(std::vector<Entries::value_type*> const& ended)
{
    auto const kind = settings_.writes() ? ConversationFailure::upsert : ConversationFailure::look_up;
    std::vector<RunLog::DoneConversation> plain; // their lines go out together
    for (auto* const conversation : ended) {
        auto& [id, entry] = *conversation;
        if (!entry.failure.empty()) {
            run_log_.conversation_failed({id, kind, entry.failure, entry.by_stop}, entry.counts);
        } else if (entry.surplus.empty() && entry.missing.empty()) {
            plain.push_back({id, entry.counts});
        } else {
            done(id, entry);
        }
    }
    run_log_.conversations_done(plain);
    std::lock_guard lock{mutex_};
    for (auto const* conversation : ended) {
        put_back_ -= conversation->second.is_put_back ? 1 : 0;
        entries_.erase(entries_.find(conversation->first));
    }
    ended_.notify_all();
}

void OpenConversations::done(ConversationId const& id, Entry& entry)
{
    if (entry.surplus.empty()) {
        run_log_.compared(id, entry.missing, {});
        run_log_.conversation_done(id, entry.counts);
        return;
    }
    Entry waiting{0, 0, entry.counts, {}};
    waiting.surplus = std::move(entry.surplus);
    waiting.missing = std::move(entry.missing);
    std::lock_guard lock{mutex_};
    with_surplus_.emplace_back(id, std::move(waiting));
}

void OpenConversations::report_surplus()
{
    for (auto& [id, entry] : with_surplus_) {
        std::erase_if(entry.surplus, [this](auto const& one) { return elsewhere_.contains(supabase::folded(one)); });
        entry.counts.surplus = entry.surplus.size();
        run_log_.compared(id, entry.missing, entry.surplus);
        run_log_.conversation_done(id, entry.counts);
    }
}

void OpenConversations::put_back(std::vector<Row> const& rows)
{
    std::lock_guard lock{mutex_};
    for (auto const& row : rows) {
        auto& entry = entries_.find(row.conversation)->second;
        put_back_ += entry.is_put_back ? 0 : 1;
        entry.is_put_back = true;
    }
    ended_.notify_all();
}

bool OpenConversations::wait_until_none()
{
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return abandoned_ || entries_.size() == put_back_; });
    return !abandoned_;
}

void OpenConversations::abandon()
{
    std::lock_guard lock{mutex_};
    abandoned_ = true;
    ended_.notify_all();
}

} // namespace backfill::app
