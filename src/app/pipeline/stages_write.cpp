#include "app/pipeline/stages.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/rows/chunks.hpp"
#include "backfill/supabase/message_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

using supabase::RowResult;
using Fate = RowResult::Fate;

constexpr auto kRunEnded = "the run ended before Supabase took it";

/// One writer's side of Supabase. Rows that the table refused together, while it has accepted none, are kept back until
/// it is known whose fault that is.
class Writer {
public:
    Writer(Run& run, supabase::Postgrest& postgrest)
        : run_{run}, postgrest_{postgrest}, stored_{postgrest, run.settings.messages}
    {
        if (run.settings.writes()) {
            table_.emplace(postgrest, run.settings.messages, run.acceptance,
                [&run](auto rows) { run.open_conversations.sending(rows); });
        }
    }

    void write(std::vector<Row> const& rows);

    /// After the last chunk. The last writer to end writes what all of them kept back.
    void end();

private:
    bool is_on_trial() const { return table_ && ended_.empty() && !run_.acceptance.is_known(); }
    bool has_enough_evidence() const
    {
        return run_.acceptance.refused_conversations() >= supabase::MessageWriter::kEnoughRefused;
    }

    void write_put_back();
    void write_on_trial(std::vector<Row> const& rows);
    void send(std::vector<Row> const& given);
    void take(std::vector<Row> const& rows, std::vector<RowResult>& results);
    void look_for(std::vector<Row> const& rows, std::vector<RowResult>& results);
    void keep_back(std::vector<Row> const& rows);
    void judge();
    void judge_at_the_end();
    void refuse_table();
    template <typename Work>
    void guard(Work work);

    Run& run_;
    supabase::Postgrest& postgrest_;
    supabase::MessageTable stored_;
    std::optional<supabase::MessageWriter> table_; ///< none in a command that only reads
    std::deque<Row> put_back_;
    std::string ended_; ///< why nothing is sent any more: what comes is reported as failed
    Fate fate_ = Fate::lost;
};

void Writer::write(std::vector<Row> const& rows)
{
    if (is_on_trial()) {
        auto const trial = run_.acceptance.trial();
        if (is_on_trial()) { // still
            write_on_trial(rows);
            return;
        }
    }
    write_put_back(); // it is older
    send(rows);
}

void Writer::write_put_back()
{
    while (!put_back_.empty()) {
        send(rows::take_chunk(put_back_, {}));
    }
}

void Writer::write_on_trial(std::vector<Row> const& rows)
{
    if (has_enough_evidence()) {
        keep_back(rows); // the newest conversation is on its way
        return;
    }
    send(rows);
    if (is_on_trial() && has_enough_evidence()) {
        guard([this] { judge(); });
    }
    if (!is_on_trial()) {
        write_put_back();
    }
}

void Writer::send(std::vector<Row> const& given)
{
    auto const rows = run_.open_conversations.sendable(given);
    std::vector<RowResult> results(rows.size(), {Fate::written});
    if (ended_.empty() && !rows.empty()) {
        guard([&] { take(rows, results); });
    } else if (!ended_.empty()) {
        results.assign(rows.size(), {Fate::lost});
    }
    if (ended_.empty() && std::ranges::find(results, Fate::put_back, &RowResult::fate) == results.end()) {
        run_.open_conversations.answer(rows, results);
        return;
    }
    std::vector<Row> answered;
    std::vector<RowResult> answers;
    std::vector<Row> later;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        bool const is_open = results[i].fate == Fate::lost || results[i].fate == Fate::put_back;
        if (results[i].fate == Fate::put_back && ended_.empty()) {
            later.push_back(rows[i]);
            continue;
        }
        answered.push_back(rows[i]);
        answers.push_back(is_open && !ended_.empty() ? RowResult{fate_, ended_} : results[i]);
    }
    if (!later.empty()) {
        auto const refused = std::ranges::find(results, Fate::refused, &RowResult::fate);
        if (refused != results.end()) {
            auto const& row = rows[static_cast<std::size_t>(refused - results.begin())];
            run_.trial.refusal = fmt::format("the last one (message {}) with {}", printable(row.id), refused->reason);
            run_.trial.advice = refused->advice;
        }
        keep_back(later);
    }
    run_.open_conversations.answer(answered, answers);
}

void Writer::take(std::vector<Row> const& rows, std::vector<RowResult>& results)
{
    if (!table_) {
        look_for(rows, results);
        run_.facts.update([&rows, asked = !run_.table_was_empty](
                              RunSnapshot& run) { run.looked_up_by_id += asked ? rows.size() : 0; });
        return;
    }
    std::vector<RowResult> before;
    if (run_.settings.messages.on_conflict == supabase::OnConflict::update) {
        before.resize(rows.size());
        look_for(rows, before); // the answer to the upsert does not tell
    }
    table_->upsert(rows, results, run_.stop.hard);
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (results[i].fate == Fate::written && before[i].fate == Fate::already_stored) {
            results[i] = before[i];
        }
    }
    auto const lost = std::ranges::find(results, Fate::lost, &RowResult::fate);
    run_.health.call_ended(RunHealth::Call::upsert, lost == results.end() ? "" : lost->reason);
}

/// The look-up of a batch is by conversation. An id may be stored under another one, or in another spelling.
void Writer::look_for(std::vector<Row> const& rows, std::vector<RowResult>& results)
{
    if (run_.table_was_empty && !table_) { // else this run has stored some since
        return;
    }
    std::vector<Row> unknown;
    std::ranges::copy_if(rows, std::back_inserter(unknown), [](Row const& row) { return !row.was_stored; });
    try {
        auto const found = stored_.stored_among(unknown, run_.stop.hard);
        for (std::size_t i = 0, k = 0; i < rows.size(); ++i) {
            if (rows[i].was_stored) {
                continue;
            }
            if (auto const& stored = found[k++]) {
                results[i] = {Fate::already_stored};
                results[i].stored_under = *stored;
            }
        }
        run_.health.call_ended(RunHealth::Call::look_up);
    } catch (BatchError const& error) {
        run_.health.call_ended(RunHealth::Call::look_up, error.what());
        results.assign(rows.size(), {Fate::lost, error.what()});
    }
}

void Writer::keep_back(std::vector<Row> const& rows)
{
    run_.open_conversations.put_back(rows);
    put_back_.insert(put_back_.end(), rows.begin(), rows.end());
}

/// A row of each of several conversations was refused, and none accepted. The newest conversation decides: a constraint
/// on time, or a partition that is missing, refuses only old ones.
void Writer::judge()
{
    std::optional<std::vector<Row>> newest;
    try {
        newest = fetch_newest(run_, postgrest_);
    } catch (Stopped const&) {
        run_.cut_short = true;
    }
    if (!newest) {
        return; // it comes by itself, or not any more; the end will tell
    }
    if (newest->empty()) {
        run_.acceptance.make_known(); // nothing more can be learned: each row for itself
        return;
    }
    send(*newest);
    if (is_on_trial()) {
        refuse_table();
    }
}

void Writer::end()
{
    auto const trial = run_.acceptance.trial();
    std::ranges::move(put_back_, std::back_inserter(run_.trial.put_back));
    put_back_.clear();
    if (--run_.trial.writers_left > 0) {
        return;
    }
    put_back_ = std::exchange(run_.trial.put_back, {});
    if (run_.has_failed()) {
        ended_ = kRunEnded;
    }
    if (!put_back_.empty() && is_on_trial() && has_enough_evidence()) {
        guard([this] { judge_at_the_end(); });
    }
    run_.acceptance.make_known(); // what is refused from now is the rows' fault
    write_put_back();
}

void Writer::judge_at_the_end()
{
    auto const newest = std::ranges::max_element(put_back_, {}, &Row::time_key)->conversation;
    if (!run_.acceptance.has_refused(newest)) {
        std::vector<Row> rows;
        std::ranges::copy_if(
            put_back_, std::back_inserter(rows), [&](Row const& row) { return row.conversation == newest; });
        std::erase_if(put_back_, [&](Row const& row) { return row.conversation == newest; });
        send(rows);
    }
    if (is_on_trial()) {
        refuse_table();
    }
}

void Writer::refuse_table()
{
    throw FatalError{
        fmt::format(
            "{}it took none of the rows tried. One of each of {} conversations was refused, of the newest too, {}",
            supabase::about(run_.settings.messages.table), run_.acceptance.refused_conversations(), run_.trial.refusal),
        run_.trial.advice};
}

template <typename Work>
void Writer::guard(Work work)
{
    try {
        work();
    } catch (Stopped const&) {
        run_.cut_short = true;
        ended_ = "the run was stopped before Supabase answered";
        fate_ = Fate::cut_off;
    } catch (...) {
        ended_ = kRunEnded;
        run_.fail(std::current_exception());
    }
}

} // namespace

void write_rows(Run& run, RowQueue& queue, SupabaseLink& link)
{
    try {
        Writer writer{run, link.postgrest};
        while (auto chunk = queue.next_chunk()) {
            writer.write(*std::move(chunk));
        }
        writer.end();
    } catch (...) {
        run.fail(std::current_exception());
        queue.abandon();
        run.open_conversations.abandon();
    }
}

} // namespace backfill::app
