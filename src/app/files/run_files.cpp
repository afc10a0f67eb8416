#include "app/files/run_files.hpp"

#include "app/facts/exit_codes.hpp"
#include "app/files/pass.hpp"
#include "app/log/summary_json.hpp"
#include "app/notify/markdown.hpp"
#include "app/page/page.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <chrono>

namespace backfill::app {
namespace {

/// Throws UsageError when the file named by the setting cannot be written.
template <typename File>
void expect_writable(File const& file, char const* setting, std::string const& path)
{
    if (auto const& error = file.error(); !error.empty()) {
        throw UsageError{fmt::format("{}={}: cannot be written: {}", setting, printable(path), error)};
    }
}

void open_for_all(std::optional<FileReplacement>& file, char const* setting, std::string const& path,
    FileReplacement::Manner manner = FileReplacement::Manner::replace)
{
    if (!path.empty()) {
        file.emplace(path, FileReplacement::Readers::all, manner);
        expect_writable(*file, setting, path);
    }
}

constexpr std::chrono::seconds kPatienceOfStop{1}; // the last upserts may have taken six of the eight seconds

} // namespace

RunFiles::RunFiles(Settings const& settings) : settings_{settings}
{
    if (!settings.state_file.empty()) {
        state_.emplace(settings);
        if (auto const& why = state_->unreadable(); !why.empty()) {
            throw UsageError{"STATE_FILE=" + printable(settings.state_file) + ": the file cannot be read: " + why};
        }
        if (settings.writes() && state_->is_foreign()) {
            throw UsageError{"STATE_FILE=" + printable(settings.state_file)
                + ": no run has left this file, and it would be replaced: give another name, or delete it"};
        }
        if (settings.writes()) { // only to see that it can be, so below
            expect_writable(FileReplacement{settings.state_file, FileReplacement::Readers::owner}, "STATE_FILE",
                settings.state_file);
        }
    }
    last_run_ = begin_pass(settings, state_ ? &*state_ : nullptr, std::chrono::system_clock::now());
    if (settings.writes() && !settings.rejects_file.empty()) {
        rejects_.emplace(settings.rejects_file,
            settings.rejects_with_rows ? RejectsFile::Rows::written : RejectsFile::Rows::left_out);
        expect_writable(*rejects_, "REJECTS_FILE", settings.rejects_file);
    }
    open_for_all(summary_, "SUMMARY_FILE", settings.summary_file);
    std::optional<FileReplacement> metrics;
    open_for_all(metrics, "METRICS_FILE", settings.metrics_file);
    open_for_all(page_, "REPORT_FILE", settings.report_file);
    open_for_all(markdown_, "MARKDOWN_FILE", settings.markdown_file,
        settings.markdown_appends ? FileReplacement::Manner::append : FileReplacement::Manner::replace);
}

bool RunFiles::leave_state(Ending ending, int signal, RunFacts const& facts, RunLog& run_log, bool output_failed)
{
    if (!state_ || !settings_.writes()) {
        return true;
    }
    // What was given is no knowledge: another run may be given another number, or none.
    auto const traffic = facts.snapshot().traffic;
    bool const is_run = settings_.command == Command::run;
    if (traffic.origin == calls::CeilingOrigin::learned || traffic.origin == calls::CeilingOrigin::declared) {
        state_->remember_ceiling(traffic.ceiling_per_minute * static_cast<double>(settings_.quota.shards));
    }
    if (is_run && ending == Ending::complete) {
        state_->forget_stop();
        if (!output_failed) {
            leave_mark(facts);
        }
    } else if (is_run && ending == Ending::stopped && signal == 0) {
        leave_place(facts);
    }
    auto const error = state_->save();
    if (!error.empty()) {
        run_log.warning(
            fmt::format("the state file could not be written: {}. The next run starts as if there were none.", error));
    }
    return error.empty();
}

/// Not for a pass that missed a conversation which nobody will bring again.
void RunFiles::leave_mark(RunFacts const& facts)
{
    bool const is_whole =
        takes_all_changes(settings_, last_run_) && last_run_.all_kept && facts.snapshot().conversations.unread == 0;
    if (is_whole && state_->keeps_failed()) {
        state_->move_mark(last_run_.began);
    }
}

void RunFiles::leave_place(RunFacts const& facts)
{
    auto const& frontier = facts.frontier();
    bool const is_row_each = facts.snapshot().conversations.repeated == 0;
    bool const all_kept = takes_all_changes(settings_, last_run_) && state_->keeps_failed();
    bool const are_met_again = all_kept && settings_.updated_since && settings_.updated_since->is_last_run();
    state_->remember_stop(frontier.reached(),
        {are_met_again ? 0 : frontier.failed(), is_row_each ? std::optional{frontier.passed()} : std::nullopt,
            last_run_.began, last_run_.updated_since, all_kept});
}

void RunFiles::finish(RunEnd& end, RunFacts const& facts, RunLog& run_log)
{
    auto const put_in_place = [&](char const* name, auto& file) {
        file.commit(end.ending == Ending::stopped ? kPatienceOfStop : FileReplacement::kPatience);
        if (auto const& error = file.error(); !error.empty()) {
            run_log.warning(
                fmt::format("the {} file could not be written: {}. What it held before is still there.", name, error));
            end.exit_code = exit_code_without(Output::file, end.exit_code);
        }
    };
    if (rejects_) {
        put_in_place("rejects", *rejects_);
    }
    if (page_) {
        page_->append(report_page(settings_, facts, end));
        put_in_place("report", *page_);
    }
    if (markdown_) { // a page in the middle of others begins on a line of its own
        markdown_->append((settings_.markdown_appends ? "\n" : "") + markdown_page(settings_, facts.snapshot(), end));
        put_in_place("markdown", *markdown_);
    }
    if (summary_) {
        summary_->append(summary_json(settings_, facts, end));
        put_in_place("summary", *summary_);
    }
}

} // namespace backfill::app
