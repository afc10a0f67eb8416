#include "app/pipeline/outbox.hpp"

#include <algorithm>
#include <utility>

namespace backfill::app {

using supabase::RowResult;

Outbox::Outbox(RunLog& run_log, std::chrono::milliseconds linger) : run_log_{run_log}, linger_{linger} {}

void Outbox::put(Fetched fetched)
{
    if (fetched.rows.empty()) {
        run_log_.conversation_done(fetched.conversation, fetched.counts, fetched.days);
        return;
    }
    std::unique_lock lock{mutex_};
    while (!abandoned_ && (is_full(2) || open_.contains(fetched.conversation))) { // the list may hold an id twice
        (is_full(2) ? room_ : idle_).wait(lock);
    }
    if (abandoned_) {
        return;
    }
    Open open{fetched.rows.size(), fetched.counts, std::move(fetched.days), std::move(fetched.texts), {}, false, {}};
    for (auto i = fetched.fresh_rows; i < fetched.rows.size(); ++i) {
        open.was_stored.insert(fetched.rows[i].id);
    }
    open_.emplace(std::move(fetched.conversation), std::move(open));
    bool const first = waiting_.empty();
    bool const was_full = is_full(1);
    if (first) {
        oldest_ = std::chrono::steady_clock::now(); // real time: a wait for company that no result depends on
    }
    for (auto const& row : fetched.rows) {
        waiting_bytes_ += row.json.size() + 1;
        waiting_.push_back(row);
    }
    bool const wakes = first || (!was_full && is_full(1));
    lock.unlock();
    if (wakes) {
        rows_.notify_one();
    }
}

std::optional<std::vector<Row>> Outbox::next_chunk()
{
    std::unique_lock lock{mutex_};
    while (!abandoned_) {
        if (waiting_.empty()) {
            if (closed_) {
                return std::nullopt;
            }
            rows_.wait(lock);
        } else if (!is_due()) {
            rows_.wait_until(lock, oldest_ + linger_);
        } else {
            Ended ended;
            auto rows = take_rows(ended);
            report(lock, ended);
            if (!rows.empty()) {
                return rows;
            }
        }
    }
    return std::nullopt;
}

std::vector<Row> Outbox::take_rows(Ended& ended)
{
    auto chunk = rows::take_chunk(waiting_, limits_);
    oldest_ = std::chrono::steady_clock::now();
    std::vector<Row> rows;
    rows.reserve(chunk.size());
    for (auto const& row : chunk) {
        waiting_bytes_ -= row.json.size() + 1;
        if (auto const& failure = open_.find(row.conversation)->second.failure; failure.empty()) {
            rows.push_back(row);
        } else {
            answer(row, {RowResult::Fate::lost, std::string{failure}, {}}, ended);
        }
    }
    if (!is_full(2)) {
        room_.notify_all();
    }
    return rows;
}

void Outbox::answer(std::vector<Row> const& rows, std::vector<RowResult> const& results)
{
    std::unique_lock lock{mutex_};
    Ended ended;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        answer(rows[i], results[i], ended);
    }
    report(lock, ended);
}

void Outbox::answer(Row const& row, RowResult const& result, Ended& ended)
{
    auto const found = open_.find(row.conversation);
    auto& open = found->second;
    auto const stored = [&] {
        ++open.counts.stored;
        open.days.stored.push_back(day_of(row.time_key));
    };
    switch (result.fate) {
    case RowResult::Fate::written:
        if (open.was_stored.contains(row.id)) {
            stored();
        } else {
            ++open.counts.fresh;
            open.days.fresh.push_back(day_of(row.time_key));
        }
        break;
    case RowResult::Fate::already_stored:
        stored();
        break;
    case RowResult::Fate::refused:
        ++open.counts.failed;
        run_log_.message_failed(found->first, {row.id, result.code, result.reason, row.json});
        break;
    case RowResult::Fate::dropped:
        ++open.counts.failed;
        run_log_.message_failed(found->first, {row.id, code_of(MessageFailure::not_stored), result.reason, row.json});
        break;
    case RowResult::Fate::cut_off:
        open.by_stop = true;
        [[fallthrough]];
    case RowResult::Fate::lost:
        ++open.counts.failed;
        open.failure = result.reason;
        run_log_.message_lost(found->first, {row.id, code_of(MessageFailure::lost), result.reason, row.json});
        break;
    }
    if (--open.unanswered == 0) {
        ended.push_back(open_.extract(found));
    }
}

void Outbox::report(std::unique_lock<std::mutex>& lock, Ended const& ended)
{
    ++unreported_;
    lock.unlock(); // writing lines takes a while
    for (auto const& conversation : ended) {
        auto const& open = conversation.mapped();
        if (open.failure.empty()) {
            run_log_.conversation_done(conversation.key(), open.counts, open.days);
        } else {
            run_log_.conversation_failed(
                {conversation.key(), ConversationFailure::upsert, open.failure, open.by_stop}, open.counts, open.days);
        }
    }
    lock.lock();
    --unreported_;
    idle_.notify_all();
}

bool Outbox::flush()
{
    std::unique_lock lock{mutex_};
    hurry_ = true;
    rows_.notify_one();
    idle_.wait(lock, [this] { return abandoned_ || (open_.empty() && unreported_ == 0); });
    hurry_ = false;
    return !abandoned_;
}

void Outbox::close()
{
    std::lock_guard lock{mutex_};
    closed_ = true;
    rows_.notify_one();
}

void Outbox::abandon()
{
    std::lock_guard lock{mutex_};
    abandoned_ = true;
    rows_.notify_all();
    room_.notify_all();
    idle_.notify_all();
}

bool Outbox::is_full(std::size_t chunks) const
{
    return waiting_.size() >= chunks * limits_.rows || waiting_bytes_ >= chunks * limits_.bytes;
}

bool Outbox::is_due() const
{
    return hurry_ || closed_ || is_full(1) || std::chrono::steady_clock::now() >= oldest_ + linger_;
}

} // namespace backfill::app
