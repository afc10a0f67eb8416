#include "app/pipeline/pipeline.hpp"

#include "app/connections/supabase_link.hpp"
#include "app/pipeline/stages.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/work_list.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace backfill::app {
namespace {

/// Reading the work list cannot fail for a part only: without it there is no run.
template <typename Read>
auto reading_work_list(Read read)
{
    try {
        return read();
    } catch (BatchError const& error) {
        throw FatalError{std::string{error.what()}
            + ". The list of conversations could not be read; run it again when Supabase answers."};
    }
}

class Pipeline {
public:
    Pipeline(Settings const& settings, Connections const& connections, Clock& clock, StopTokens const& stop,
        RunFacts& facts, RunLog& run_log)
        : settings_{settings},
          connections_{connections},
          clock_{clock},
          stop_{stop},
          facts_{facts},
          run_log_{run_log},
          key_{settings.supabase_key},
          supabase_gate_{clock},
          freshchat_gate_{settings.pace == Pace::adaptive ? std::make_unique<calls::RateGate>(clock, settings.quota)
                                                          : std::make_unique<calls::RateGate>(clock)},
          reading_{connections.supabase(), supabase_gate_, key_, clock, run_log}
    {
    }

    void run()
    {
        run_log_.started();
        if (auto const warning = check_key(key_, settings_); !warning.empty()) {
            run_log_.warning(warning);
        }
        auto const conversations = preflight();
        run_log_.fetching_conversations();
        if (settings_.selection.after) {
            run_log_.going_on_after(settings_.selection.after->id, settings_.failed_before);
        }
        if (conversations == 0) {
            expect_full_sight(key_, settings_);
            if (!settings_.selection.only) {
                run_log_.no_conversations();
                return;
            }
        }
        supabase::WorkList work{reading_.postgrest, settings_.conversation_table, settings_.selection};
        reading_work_list([&] { work.open(stop_.soft); });
        run_log_.found(work.taken(), work.matching());
        for (auto const& id : work.missing()) {
            run_log_.conversation_failed({id, ConversationFailure::not_in_table,
                "it is not in table " + printable(settings_.conversation_table)});
        }
        process(work);
        auto const unread = reading_work_list([&] { return work.unread(stop_.soft); });
        run_log_.list_ended(work.handed_out() + work.missing().size(), unread);
    }

private:
    std::size_t preflight()
    {
        if (settings_.command == Command::dry_run) {
            run_log_.warning(
                "a dry run only reads: it cannot prove the right to insert and the unique key on the message id.");
        }
        return supabase::preflight(reading_.postgrest, settings_.conversation_table, settings_.messages,
            settings_.writes() ? supabase::Access::write : supabase::Access::read, stop_.soft);
    }

    /// Threads stand after what they use and are joined in the order of the data, also when reading the work list
    /// throws.
    void process(supabase::WorkList& work)
    {
        Run run{settings_, clock_, stop_, run_log_};
        RunFacts::PaceSource const pace{facts_, [this, &run] { return run.pace(freshchat_gate_->traffic()); }};
        std::stop_callback const on_stop{stop_.soft, [&run] { run.halt(); }};
        std::vector<std::jthread> writers;
        for (auto& outbox : run.outboxes) {
            writers.emplace_back([&] { write(run, outbox); });
        }
        std::vector<std::jthread> fetchers;
        for (std::size_t i = 0; i < settings_.concurrency; ++i) {
            fetchers.emplace_back([&] { fetch(run); });
        }
        try {
            hand_out(run, work);
        } catch (Stopped const&) {
            run.halt();
        } catch (...) {
            run.fail(std::current_exception());
        }
        run.jobs.close();
        fetchers.clear();
        run.fetchers_ended();
        {
            WaitTally::Wait const for_writers{run.writer_wait}; // nobody fetches any more: the run itself waits
            for (auto& outbox : run.outboxes) {
                outbox.close();
            }
            writers.clear();
        }
        run.rethrow_failure();
        if (run.halted.stop_requested() && (run.cut_short || !facts_.all_reached())) {
            throw Stopped{};
        }
    }

    /// Batch by batch: look up what is stored, hand the conversations to the fetchers, keep the barrier and the delay.
    void hand_out(Run& run, supabase::WorkList& work)
    {
        auto const halted = run.halted.get_token();
        supabase::MessageTable table{reading_.postgrest, settings_.messages};
        for (std::size_t number = 1;; ++number) {
            auto const conversations = reading_work_list([&] { return work.next_batch(settings_.batch_size, halted); });
            if (conversations.empty()) {
                return;
            }
            auto const batch = std::make_shared<Batch const>(
                Batch{number, conversations.size(), look_up(run, table, conversations, halted)});
            if (!hand_out(run, jobs_of(batch, conversations), work.at_end())) {
                return; // halted
            }
            if (work.at_end() || (settings_.batch_delay.count() > 0 && !keep_barrier(run, halted))) {
                return;
            }
        }
    }

    /// The batch as jobs for the fetchers; in Mode::missing without the conversations that have a stored message.
    std::vector<Job> jobs_of(std::shared_ptr<Batch const> const& batch, std::vector<Conversation> const& conversations)
    {
        std::vector<Job> jobs;
        for (auto const& conversation : conversations) {
            facts_.handed_out(conversation);
            if (settings_.mode == Mode::missing && batch->stored.by_conversation.contains(conversation.id)) {
                run_log_.conversation_skipped(conversation.id);
            } else {
                jobs.push_back({conversation.id, batch, jobs.empty()});
            }
        }
        if (jobs.empty()) {
            run_log_.batch_started(batch->number, batch->size);
        }
        return jobs;
    }

    /// Returns false when the run was halted.
    static bool hand_out(Run& run, std::vector<Job> const& jobs, bool last_batch)
    {
        for (auto const& job : jobs) {
            bool const last = last_batch && &job == &jobs.back();
            run.open_jobs.add();
            if (!(last ? run.jobs.push_last(job) : run.jobs.push(job))) {
                return false;
            }
        }
        return true;
    }

    /// A look-up that failed for good fails its batch: every conversation of it is reported with the reason.
    static supabase::StoredIds look_up(Run& run, supabase::MessageTable& table,
        std::vector<Conversation> const& conversations, std::stop_token const& halted)
    {
        std::vector<ConversationId> ids;
        for (auto const& conversation : conversations) {
            ids.push_back(conversation.id);
        }
        try {
            auto stored = table.stored_ids(ids, halted);
            run.health.call_passed(RunHealth::Call::look_up);
            return stored;
        } catch (BatchError const& error) {
            run.health.call_failed(RunHealth::Call::look_up, error.what());
            supabase::StoredIds none;
            for (auto const& id : ids) {
                none.failed.emplace(id, error.what());
            }
            return none;
        }
    }

    /// Waits until the batch is fetched and stored, then for the delay. Returns false when the run was halted.
    bool keep_barrier(Run& run, std::stop_token const& halted)
    {
        if (!run.open_jobs.wait_until_none(halted) || !run.flush_writers()) {
            return false;
        }
        run_log_.waiting_before_next_batch();
        return run.batch_delays.sleep_until(clock_.now() + settings_.batch_delay, halted);
    }

    void fetch(Run& run)
    {
        try {
            calls::Client client{
                "freshchat", connections_.freshchat(), *freshchat_gate_, calls::RetryPolicy{}, clock_, run_log_};
            fetch_conversations(run, client);
        } catch (...) {
            run.fail(std::current_exception());
        }
        run.fetcher_left();
    }

    void write(Run& run, Outbox& outbox)
    {
        try {
            if (!settings_.writes()) {
                write_rows(run, outbox, nullptr, stop_.hard);
                return;
            }
            SupabaseLink link{connections_.supabase(), supabase_gate_, key_, clock_, run_log_};
            supabase::MessageTable table{link.postgrest, settings_.messages};
            write_rows(run, outbox, &table, stop_.hard);
        } catch (...) {
            run.fail(std::current_exception());
            outbox.abandon();
        }
    }

    Settings const& settings_;
    Connections const& connections_;
    Clock& clock_;
    StopTokens const& stop_;
    RunFacts& facts_;
    RunLog& run_log_;
    supabase::ApiKey key_;
    calls::RateGate supabase_gate_;
    std::unique_ptr<calls::RateGate> freshchat_gate_;
    SupabaseLink reading_;
};

} // namespace

Ending run_pipeline(Settings const& settings, Connections const& connections, Clock& clock, StopTokens const& stop,
    RunFacts& facts, RunLog& run_log)
{
    auto ending = Ending::complete;
    try {
        Pipeline{settings, connections, clock, stop, facts, run_log}.run();
        facts.expect_all_accounted_for();
    } catch (Stopped const&) {
        ending = Ending::stopped;
    } catch (std::exception const& error) {
        run_log.fatal(error.what());
        ending = Ending::fatal;
    }
    run_log.finished(ending);
    return ending;
}

} // namespace backfill::app
