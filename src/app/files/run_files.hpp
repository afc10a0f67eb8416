#pragma once

#include "app/files/rejects_file.hpp"
#include "app/files/state_file.hpp"
#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/file.hpp"

#include <optional>
#include <string>

namespace backfill::app {

/// The files that a run leaves beside the two streams, but for METRICS_FILE, which is written all the time. They are
/// opened before anything is sent, and put in place when the run has ended in any way but a kill. One thread at a time;
/// what `rejects()` points to may be told from any.
class RunFiles {
public:
    /// Throws UsageError when a file cannot be written.
    explicit RunFiles(Settings const& settings);

    LastRun const& last_run() const { return last_run_; }

    /// Null without STATE_FILE.
    PartedConversations* parted() { return state_ ? &*state_ : nullptr; }

    /// Null without REJECTS_FILE.
    RejectsSink* rejects() { return rejects_ ? &*rejects_ : nullptr; }

    /// What a run learned, for the next one. Only a run that stopped itself (`signal` is 0) leaves a place to go on
    /// from: after a signal or a fatal error the next run begins anew. One whose lines did not reach standard output
    /// (`output_failed`) moves no mark, since it does not end with 0. Returns whether it is written; a warning says why
    /// not.
    bool leave_state(Ending ending, int signal, RunFacts const& facts, RunLog& run_log, bool output_failed = false);

    /// The result. A file that cannot be written is a warning, and changes the exit code; the summary, written last,
    /// holds the final one.
    void finish(RunEnd& end, RunFacts const& facts, RunLog& run_log);

private:
    void leave_mark(RunFacts const& facts);
    void leave_place(RunFacts const& facts);

    Settings const& settings_;
    std::optional<StateFile> state_;
    LastRun last_run_;
    std::optional<RejectsFile> rejects_;
    std::optional<FileReplacement> summary_;
    std::optional<FileReplacement> page_;
    std::optional<FileReplacement> markdown_;
};

} // namespace backfill::app
