#include "app/stages.hpp"

#include "backfill/prepare/chunks.hpp"

#include <chrono>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace backfill::app {
namespace {

using supabase::RowResult;

/// Rows go out soon when the pace is slow; without delays chunks fill quickly and a longer wait saves half-empty ones.
std::chrono::milliseconds linger(Settings const& settings)
{
    return std::chrono::milliseconds{is_held_back(settings) ? 250 : 2000};
}

class Writer {
public:
    Writer(Run& run, BoundedQueue<WriterItem>& items, supabase::MessageTable* table, std::stop_token hard_stop)
        : run_{run}, items_{items}, table_{table}, hard_stop_{std::move(hard_stop)}, linger_{linger(run.settings)}
    {
    }

    void work()
    {
        for (;;) {
            // Real time, not the run's clock: a wait for company that no result depends on.
            auto item = waiting_.empty() ? items_.pop() : items_.pop_until(oldest_ + linger_);
            bool const urgent = !item || item->flushed;
            if (item && item->fetched) {
                take(std::move(*item->fetched));
            }
            while (
                !waiting_.empty() && (urgent || is_full() || std::chrono::steady_clock::now() >= oldest_ + linger_)) {
                send_chunk();
            }
            if (item && item->flushed) {
                item->flushed->set_value();
            }
            if (!item && items_.drained()) {
                return;
            }
        }
    }

private:
    /// A conversation whose rows are not all answered for.
    struct Open {
        std::size_t unanswered;
        MessageCounts counts;
        std::string failure;                        ///< why a chunk of it was lost
        std::unordered_set<std::string> was_stored; ///< ON_CONFLICT=update: ids that the look-up found
    };

    void take(Fetched fetched)
    {
        if (fetched.rows.empty()) {
            run_.report.conversation_done(fetched.conversation, fetched.counts);
            return;
        }
        if (waiting_.empty()) {
            oldest_ = std::chrono::steady_clock::now();
        }
        Open open{fetched.rows.size(), fetched.counts, {}, {}};
        for (std::size_t i = fetched.fresh_rows; i < fetched.rows.size(); ++i) {
            open.was_stored.insert(fetched.rows[i].id);
        }
        open_.emplace(fetched.conversation, std::move(open));
        for (auto& row : fetched.rows) {
            waiting_bytes_ += row.json.size() + 1;
            waiting_.push_back(std::move(row));
        }
    }

    bool is_full() const { return waiting_.size() >= limits_.rows || waiting_bytes_ >= limits_.bytes; }

    void send_chunk()
    {
        auto chunk = prepare::take_chunk(waiting_, limits_);
        for (auto const& row : chunk) {
            waiting_bytes_ -= row.json.size() + 1;
        }
        oldest_ = std::chrono::steady_clock::now();
        // A chunk of this conversation was lost: later ones wait for the next run, so that what is stored has no holes.
        std::vector<Row> rows;
        for (auto& row : chunk) {
            auto const& failure = open_.at(row.conversation).failure;
            if (failure.empty() && ended_.empty()) {
                rows.push_back(std::move(row));
            } else {
                answer(row, {RowResult::Fate::lost, failure.empty() ? ended_ : failure});
            }
        }
        if (!rows.empty()) {
            upsert(rows);
        }
    }

    void upsert(std::vector<Row> const& rows)
    {
        std::vector<RowResult> results(rows.size(), {RowResult::Fate::written, {}});
        try {
            if (table_ != nullptr) {
                table_->upsert(rows, results, hard_stop_);
            }
            note_health(results);
        } catch (Stopped const&) {
            run_.cut_short = true;
            ended_ = "the run was stopped before Supabase answered";
        } catch (...) {
            ended_ = "the run ended before Supabase took it";
            run_.fail(std::current_exception());
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            answer(rows[i], results[i]);
        }
    }

    void note_health(std::vector<RowResult> const& results)
    {
        for (auto const& result : results) {
            if (result.fate == RowResult::Fate::lost) {
                run_.health.call_failed(RunHealth::Call::upsert, result.reason);
                return;
            }
        }
        run_.health.call_passed(RunHealth::Call::upsert);
    }

    void answer(Row const& row, RowResult const& result)
    {
        auto const found = open_.find(row.conversation);
        auto& open = found->second;
        switch (result.fate) {
        case RowResult::Fate::written:
            ++(open.was_stored.contains(row.id) ? open.counts.stored : open.counts.fresh);
            break;
        case RowResult::Fate::already_stored:
            ++open.counts.stored;
            break;
        case RowResult::Fate::refused:
            ++open.counts.failed;
            run_.report.message_failed(row.conversation, row.id, result.reason);
            break;
        case RowResult::Fate::lost:
            ++open.counts.failed;
            open.failure = result.reason;
            break;
        }
        if (--open.unanswered > 0) {
            return;
        }
        if (open.failure.empty()) {
            run_.report.conversation_done(row.conversation, open.counts);
        } else {
            run_.report.conversation_failed(row.conversation, open.failure, open.counts);
        }
        open_.erase(found);
    }

    Run& run_;
    BoundedQueue<WriterItem>& items_;
    supabase::MessageTable* table_;
    std::stop_token hard_stop_;
    std::chrono::milliseconds linger_;
    prepare::ChunkLimits limits_;
    std::deque<Row> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::chrono::steady_clock::time_point oldest_;
    std::unordered_map<ConversationId, Open> open_;
    std::string ended_; ///< why nothing is sent any more: what comes is reported as failed
};

} // namespace

void write_rows(
    Run& run, BoundedQueue<WriterItem>& items, supabase::MessageTable* table, std::stop_token const& hard_stop)
{
    Writer{run, items, table, hard_stop}.work();
}

} // namespace backfill::app
