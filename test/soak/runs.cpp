// The runs of a history. judge.cpp says what must hold after each.

#include "soak/history.hpp"

#include "support/program_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <sys/wait.h>
#include <thread>
#include <utility>

namespace backfill::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestRun{150};
constexpr std::chrono::seconds kLongestStop{10}; // eight, and some for a busy machine

bool has_ended(Subprocess const& program)
{
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(program.id()), &info, WEXITED | WNOHANG | WNOWAIT) != 0
        || info.si_pid != 0;
}

std::size_t in_all(IdsByChat const& ids)
{
    std::size_t sum = 0;
    for (auto const& [chat, of_chat] : ids) {
        sum += of_chat.size();
    }
    return sum;
}

} // namespace

void History::set_sides(Plan const& plan)
{
    proxy_.set_faults(plan.at_supabase);
    bool const any = !plan.at_freshchat.empty();
    if (any || sides_changed_) { // else the quota goes on counting
        Switches switches;
        switches.page_clamp = town_.page_size();
        switches.latency = habits_.latency;
        switches.quota = quota_;
        switches.faults = plan.at_freshchat;
        switches.recording = Recording::counters;
        simulator_.set_switches(switches);
    }
    sides_changed_ = any;
}

Environment History::settings_of(Plan const& plan, std::size_t shard) const
{
    auto const file = [&](char const* name) { return fmt::format("{}/{}-{}", folder_, name, shard); };
    auto settings = with(settings_for(simulator_), plan.settings);
    return with(std::move(settings),
        {{"SUPABASE_URL", proxy_.base_url()}, {"MODE", plan.mode},
            {"STATE_FILE", habits_.state_file ? file("state.json") : ""},
            {"REJECTS_FILE", habits_.rejects_file ? file("rejects.jsonl") : ""},
            {"SUMMARY_FILE", plan.verbose ? file("summary.json") : ""},
            {"REPORT_FILE", plan.verbose ? file("report.html") : ""},
            {"MARKDOWN_FILE", plan.verbose ? file("report.md") : ""},
            {"METRICS_FILE", plan.verbose ? file("metrics.prom") : ""},
            {"SHARD", habits_.shards > 1 ? fmt::format("{}/{}", shard, habits_.shards) : ""},
            {"MAX_CONVERSATIONS", plan.limit != 0 ? std::to_string(plan.limit) : ""},
            {"ON_NOT_FOUND", plan.ignores_unknown ? "ignore" : "fail"}});
}

void History::run_all_shards(Plan const& plan)
{
    set_sides(plan);
    auto const expected = expected_of(plan);
    IdSet changed;
    bool all_asked_for = plan.limit == 0;
    for (std::size_t shard = 0; shard < habits_.shards; ++shard) {
        all_asked_for = all_asked_for && !passes_[fmt::format("{} {} {}", plan.mode, plan.limit, shard)].has_place;
        all_asked_for = run(plan, shard, changed) == 0 && all_asked_for;
    }
    if (all_asked_for) {
        judge_coverage(expected, changed);
    }
}

IdsByChat History::owed_to(std::string const& mode) const
{
    auto owed = halves_;
    if (mode == "incremental") {
        for (auto const& [chat, ids] : rejects_) {
            owed[chat].insert(ids.begin(), ids.end());
        }
    }
    return owed;
}

IdsByChat History::expected_of(Plan const& plan) const
{
    auto const owed = owed_to(plan.mode);
    auto const storable = town_.storable();
    IdsByChat all;
    for (auto const& chat : town_.chats()) {
        auto const before = stored_.find(chat.id);
        auto& expected = all[chat.id];
        expected =
            expected_rows(plan.mode, chat, before == stored_.end() ? IdSet{} : before->second, town_.page_size());
        if (auto const more = owed.find(chat.id); more != owed.end()) {
            std::ranges::copy_if(more->second, std::inserter(expected, expected.end()),
                [&](auto const& id) { return storable.contains(id); });
        }
        std::erase_if(expected, [this](auto const& id) { return is_refused(id); });
    }
    return all;
}

/// Returns its exit code, or -1.
int History::run(Plan const& plan, std::size_t shard, IdSet& changed)
{
    auto& pass = passes_[fmt::format("{} {} {}", plan.mode, plan.limit, shard)];
    Run run{plan, fmt::format("run {}", ++tolls.runs), pass, changed};
    run.stored = stored_;
    run.expected = expected_of(plan);
    auto const before = simulator_.counters();
    auto const struck = proxy_.strikes();
    carry_out(run, shard);
    settle();
    auto const after = simulator_.counters();
    run.throttled = after.throttled - before.throttled;
    run.at_freshchat = after.faults - before.faults + run.throttled;
    run.at_supabase = proxy_.strikes() - struck;
    tolls.faults += run.at_freshchat + run.at_supabase;
    stored_ = stored_ids();
    tolls.rows = in_all(stored_);
    outcome.exit +=
        " " + (run.ended.signal != 0 ? "sig" + std::to_string(run.ended.signal) : std::to_string(run.ended.code));
    judge(run);
    remember(run);
    return run.ended.signal != 0 ? -1 : run.ended.code;
}

void History::carry_out(Run& run, std::size_t shard)
{
    auto const& plan = run.plan;
    std::vector<std::string> arguments{"run"};
    if (plan.verbose) {
        arguments.emplace_back("-v");
    }
    auto const settings = settings_of(plan, shard);
    calls_ = 0;
    upserts_ = 0;
    auto const start = Clock::now();
    auto const program = start_program(arguments, settings);
    if (plan.signal != 0 && plan.signal != SIGKILL) {
        program->wait_for(Stream::out, "Configuration: "); // from here on signals are heard
    }
    bool news_came = plan.news_after == 0;
    while (!has_ended(*program) && Clock::now() - start < kLongestRun && !run.signalled) {
        if (!news_came && calls_ >= plan.news_after) {
            news_came = true;
            go_on(run);
        }
        if (plan.signal != 0 && (plan.counts_upserts ? upserts_ : calls_) >= plan.moment) {
            std::this_thread::sleep_for(plan.delay);
            program->send(plan.signal);
            run.signalled = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    auto const signalled_at = Clock::now();
    if (!news_came) {
        go_on(run); // so that what follows does not depend on how far the run came
    }
    bool const stops = run.signalled && plan.signal != SIGKILL;
    run.ended = program->wait(stops ? kLongestStop : run.signalled ? kLongestRun : std::chrono::seconds{1});
    run.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::chrono::duration<double> const stopping = Clock::now() - signalled_at;
    tolls.stops += stops && run.ended.signal == 0 && run.ended.code >= 128 ? 1 : 0;
    tolls.kills += run.signalled && !stops && run.ended.signal == SIGKILL ? 1 : 0;
    outcome.captured += fmt::format("══ {}, {:.2f} s, signal {}, stopping took {:.2f} s, refused \"{}\"\n   {}\n  ",
        run.where, run.seconds, run.signalled ? "sent" : "not sent", stopping.count(), refused_, told_of(plan, quota_));
    for (auto const& [name, value] : settings) {
        outcome.captured += name.ends_with("_KEY") || name.ends_with("_TOKEN") ? "" : " " + name + "=" + value;
    }
    outcome.captured += '\n';
    outcome.capture(run.where, run.ended);
    expect_no_secret(run.ended, settings);
}

/// A few messages appear; two pages of them at once would make a walk meet two pages without news. None is deleted in
/// mid run: that moves others over the border of a page that was read, and only a later walk finds them.
void History::go_on(Run& run)
{
    auto const before = town_.chats();
    town_.write_messages(dice_, 4);
    simulator_.hold(town_.at_freshchat());
    for (std::size_t i = 0; i < before.size(); ++i) {
        auto const& now = town_.chats()[i];
        if (now.unwritten != before[i].unwritten) {
            run.changed.insert(now.id);
        }
    }
}

/// What a killed program has sent may still be on its way into the table.
void History::settle()
{
    auto const until = Clock::now() + std::chrono::seconds{10};
    do {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    } while (proxy_.in_flight() > 0 && Clock::now() < until);
}

} // namespace backfill::test
