// A history's course: what happens, what is run, and how it ends. judge.cpp says what must hold.

#include "soak/history.hpp"

#include "program/tables.hpp"

#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/stack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
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

IdsByChat stored_ids()
{
    IdsByChat stored;
    for (auto const& line : lines_of(psql(R"(select conversationid || E'\t' || id from "Message")"))) {
        auto const tab = line.find('\t');
        stored[line.substr(0, tab)].insert(line.substr(tab + 1));
    }
    return stored;
}

History::History(std::uint64_t seed, std::string folder)
    : dice_{seed, 0, 0},
      folder_{std::move(folder)},
      town_{dice_},
      habits_{drawn_habits(dice_)},
      simulator_{town_.at_freshchat()},
      proxy_{Stack::local().value("HTTP_URL"), {}}
{
    simulator_.on_request([this](SeenRequest const&) { ++calls_; });
    proxy_.on_request([this](std::string_view where) { upserts_ += where == place::kUpsert ? 1 : 0; });
    refuse_some(false);
    empty_tables();
    std::string rows;
    for (auto const& chat : town_.chats()) {
        if (chat.opened) {
            rows += (rows.empty() ? "(" : ", (") + sql_quoted(chat.id) + ", "
                + (chat.created_time ? sql_quoted(*chat.created_time) : "null") + ")";
        }
    }
    psql(R"(insert into "Conversation" (id, created_time) values )" + rows);
}

void History::play()
{
    for (auto steps = 2 + dice_.below(5); steps > 0; --steps) {
        for (auto events = dice_.below(3); events > 0; --events) {
            ++tolls.steps;
            happen();
        }
        ++tolls.steps;
        run_all_shards(drawn_plan(dice_, habits_, town_, quota_));
    }
    end_quietly();
}

void History::happen()
{
    switch (dice_.below(10)) {
    case 0:
    case 1:
    case 2:
        town_.write_messages(dice_);
        break;
    case 3:
        if (auto const* chat = town_.open_chat(dice_)) {
            psql(R"(insert into "Conversation" (id, created_time) values ()" + sql_quoted(chat->id) + ", "
                + (chat->created_time ? sql_quoted(*chat->created_time) : "null") + ")");
        }
        break;
    case 4:
        dice_.one_in(2) ? town_.delete_chat(dice_) : town_.delete_messages(dice_);
        break;
    case 5:
        delete_rows();
        break;
    case 6:
    case 7:
        refuse_some(refused_.empty());
        break;
    default:
        quota_ = drawn_quota(dice_);
        sides_changed_ = true;
    }
    simulator_.hold(town_.at_freshchat());
}

/// A check refuses rows whose ids end in one of some characters.
void History::refuse_some(bool some)
{
    refused_.clear();
    psql(R"(alter table "Message" drop constraint if exists soak)");
    for (auto count = some ? 1 + dice_.below(4) : 0; count > 0; --count) {
        refused_ += "0123456789abcdef"[dice_.below(16)];
    }
    if (some) {
        psql(R"(alter table "Message" add constraint soak check (position(right(id, 1) in ')" + refused_
            + "') = 0) not valid");
    }
}

void History::delete_rows()
{
    Dice dice{dice_.next(), 0, 0}; // how often it is thrown depends on what is stored
    auto const stored = stored_ids();
    if (stored.empty()) {
        return;
    }
    auto const& ids = std::next(stored.begin(), static_cast<std::ptrdiff_t>(dice.below(stored.size())))->second;
    auto const size = 1 + dice.below(dice.one_in(4) ? ids.size() : 3);
    auto const from = dice.below(ids.size());
    std::string list;
    for (auto i = from; i < std::min(from + size, ids.size()); ++i) {
        list += (list.empty() ? "" : ", ") + sql_quoted(*std::next(ids.begin(), static_cast<std::ptrdiff_t>(i)));
    }
    psql(R"(delete from "Message" where id in ()" + list + ")");
}

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
            {"METRICS_FILE", plan.verbose ? file("metrics.prom") : ""},
            {"SHARD", habits_.shards > 1 ? fmt::format("{}/{}", shard, habits_.shards) : ""},
            {"MAX_CONVERSATIONS", plan.limit != 0 ? std::to_string(plan.limit) : ""},
            {"ON_NOT_FOUND", plan.ignores_unknown ? "ignore" : "fail"}});
}

void History::run_all_shards(Plan const& plan)
{
    set_sides(plan);
    for (std::size_t shard = 0; shard < habits_.shards; ++shard) {
        run(plan, shard);
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

void History::run(Plan const& plan, std::size_t shard)
{
    auto& pass = passes_[fmt::format("{} {} {}", plan.mode, plan.limit, shard)];
    Run run{plan, fmt::format("run {}", ++tolls.runs), pass};
    run.stored = stored_ids();
    auto const owed = owed_to(plan.mode);
    auto const storable = town_.storable();
    for (auto const& chat : town_.chats()) {
        auto& expected = run.expected[chat.id];
        expected = expected_rows(plan.mode, chat, run.stored[chat.id], town_.page_size());
        if (auto const more = owed.find(chat.id); more != owed.end()) {
            std::ranges::copy_if(more->second, std::inserter(expected, expected.end()),
                [&](auto const& id) { return storable.contains(id); });
        }
        std::erase_if(expected, [this](auto const& id) { return refused_.find(id.back()) != std::string::npos; });
    }
    auto const before = simulator_.counters();
    auto const struck = proxy_.strikes();
    carry_out(run, shard);
    settle();
    auto const after = simulator_.counters();
    run.throttled = after.throttled - before.throttled;
    run.at_freshchat = after.faults - before.faults + run.throttled;
    run.at_supabase = proxy_.strikes() - struck;
    tolls.faults += run.at_freshchat + run.at_supabase;
    auto const stored = stored_ids();
    tolls.rows = in_all(stored);
    outcome.exit +=
        " " + (run.ended.signal != 0 ? "sig" + std::to_string(run.ended.signal) : std::to_string(run.ended.code));
    judge(run, stored);
    remember(run, stored);
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
        std::this_thread::sleep_for(std::chrono::microseconds{500});
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
    std::string shown;
    for (auto const& [name, value] : settings) {
        shown += name.ends_with("KEY") || name.ends_with("TOKEN") ? "" : " " + name + "=" + value;
    }
    outcome.captured +=
        fmt::format("══ {}:{}\n   refused: \"{}\", signal {} {} after {} {} and {} ms, ended after {:.2f} s, "
                    "stopping took {:.2f} s\n",
            run.where, shown, refused_, plan.signal, run.signalled ? "sent" : "not sent", plan.moment,
            plan.counts_upserts ? "upserts" : "calls", plan.delay.count(), run.seconds, stopping.count());
    outcome.capture(run.where, run.ended);
    expect_no_secret(run.ended, settings);
}

void History::go_on(Run& run)
{
    auto const before = town_.chats();
    dice_.one_in(4) ? town_.delete_messages(dice_) : town_.write_messages(dice_);
    simulator_.hold(town_.at_freshchat());
    for (std::size_t i = 0; i < before.size(); ++i) {
        auto const& now = town_.chats()[i];
        if (now.unwritten != before[i].unwritten || now.deleted != before[i].deleted) {
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

/// A run that was stopped by itself left a place: the next one of its kind goes on there, and sees nothing of what lies
/// before it. After that one, the next begins at the oldest.
void History::finish_pass(std::string const& mode)
{
    bool any = false;
    for (std::size_t shard = 0; shard < habits_.shards; ++shard) {
        any = any || passes_[fmt::format("{} {} {}", mode, 0, shard)].has_place;
    }
    if (any) {
        run_all_shards(quiet_plan(mode));
    }
}

void History::end_quietly()
{
    refuse_some(false);
    quota_ = {};
    sides_changed_ = true;
    auto const expect_zero = [this](std::string const& mode) {
        auto const seen = outcome.exit.size();
        run_all_shards(quiet_plan(mode));
        std::string zeros;
        for (std::size_t shard = 0; shard < habits_.shards; ++shard) {
            zeros += " 0";
        }
        outcome.expect(
            outcome.exit.substr(seen) == zeros, "the quiet run, MODE=" + mode + ": exit" + outcome.exit.substr(seen));
    };
    finish_pass(habits_.mode);
    expect_zero(habits_.mode);
    finish_pass("full");
    expect_zero("full");
    check_table();
    auto const rows = row_count();
    expect_zero("full");
    outcome.expect(row_count() == rows, "the last run stored something");
}

void History::check_table()
{
    auto const storable = town_.storable();
    constexpr std::string_view kMissing = "missing ";
    for (auto const& line : differences(town_.world())) {
        bool const missing = line.starts_with(kMissing);
        bool const lost = missing && storable.contains(line.substr(kMissing.size()));
        outcome.lost += lost ? 1 : 0;
        outcome.expect(missing && !lost, "in the end: " + line);
    }
}

} // namespace backfill::test
