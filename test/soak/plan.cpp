#include "soak/plan.hpp"

#include "support/fault_proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace backfill::test {
namespace {

using enum FaultKind;

template <typename T, std::size_t size>
T one_of(Dice& dice, std::array<T, size> const& all)
{
    return all[dice.below(size)];
}

Fault drawn_fault(Dice& dice, std::array<int, 8> const& statuses)
{
    constexpr std::array kKinds{status, status, status, status, status, reset, close, close_after, cut_header,
        cut_length, cut_chunk, missing_last_chunk, hang, stall, broken_json};
    Fault fault;
    fault.kind = one_of(dice, kKinds);
    fault.status = one_of(dice, statuses);
    fault.body = one_of(dice, std::array{ErrorBody::json, ErrorBody::html, ErrorBody::text, ErrorBody::empty});
    fault.retry_after =
        one_of(dice, std::array{RetryAfter::none, RetryAfter::none, RetryAfter::seconds, RetryAfter::zero});
    fault.after = dice.below(dice.one_in(2) ? 20 : 4);
    fault.times = dice.one_in(2) ? 1 : 2 + dice.below(6);
    return fault;
}

std::vector<Fault> faults_of_freshchat(Dice& dice, Town const& town)
{
    std::vector<Fault> faults;
    for (auto count = 1 + dice.below(3); count > 0; --count) {
        auto fault = drawn_fault(dice, {500, 502, 503, 504, 429, 429, 408, 403});
        auto const& any = town.chats()[dice.below(town.chats().size())];
        if (dice.one_in(3)) {
            fault.conversation = any.id;
            fault.after = dice.below(2);
            fault.times = dice.one_in(2) ? kAlways : fault.times;
        } else if (dice.one_in(10)) {
            fault.times = kAlways; // an outage
        }
        faults.push_back(std::move(fault));
    }
    return faults;
}

std::vector<Fault> faults_of_supabase(Dice& dice)
{
    constexpr std::array kPlaces{place::kUpsert, place::kUpsert, place::kUpsert, place::kStoredIds, place::kStoredIds,
        place::kWorkList, place::kPreflight, place::kRights};
    constexpr std::array kCodes{"57014", "40P01", "53300", "P0001", ""};
    std::vector<Fault> faults;
    for (auto count = 1 + dice.below(2); count > 0; --count) {
        auto fault = drawn_fault(dice, {500, 502, 503, 504, 429, 500, 503, 413});
        fault.conversation = one_of(dice, kPlaces);
        fault.after = dice.below(4);
        if (fault.kind == status && fault.status == 500) {
            fault.body = ErrorBody::json;
            fault.code = one_of(dice, kCodes);
        }
        fault.times = dice.one_in(12) ? kAlways : fault.times;
        faults.push_back(std::move(fault));
    }
    return faults;
}

/// A second 429 without a word of when to come again makes an adaptive run wait a minute.
bool is_slow(std::vector<Fault> const& faults)
{
    return std::ranges::any_of(faults, [](Fault const& fault) {
        return fault.kind == hang || fault.kind == stall || fault.times == kAlways
            || (fault.status == 429 && fault.times > 1);
    });
}

void draw_pace(Dice& dice, Plan& plan)
{
    auto& settings = plan.settings;
    settings["CONCURRENCY"] = one_of(dice, std::array{"1", "2", "4", "8"});
    settings["BATCH_SIZE"] = one_of(dice, std::array{"1", "3", "5", "10", "50", "200"});
    if (dice.one_in(4)) {
        settings["PACE"] = "adaptive";
        if (dice.one_in(4)) {
            plan.deadline = 1 + dice.below(6); // it begins at two calls a second
        } else {
            settings["MAX_REQUESTS_PER_MINUTE"] = one_of(dice, std::array{"3000", "12000", "60000"});
        }
    } else {
        settings["RATE_LIMIT_DELAY"] = one_of(dice, std::array{"0", "0", "3", "15"});
        settings["BATCH_DELAY"] = one_of(dice, std::array{"0", "0", "1", "30"});
        settings["PAGE_DELAY"] = one_of(dice, std::array{"0", "0", "0", "4"});
    }
}

void draw_signal(Dice& dice, Town const& town, Plan& plan)
{
    plan.signal = one_of(dice, std::array{SIGKILL, SIGKILL, SIGTERM, SIGTERM, SIGINT, SIGHUP});
    plan.counts_upserts = dice.one_in(2);
    auto const most = plan.counts_upserts ? 5 : town.opened() + 5;
    plan.moment = (plan.counts_upserts ? 1 : 0) + dice.below(dice.one_in(2) ? 3 : most);
    plan.delay = std::chrono::milliseconds{dice.below(12)};
}

} // namespace

Habits drawn_habits(Dice& dice)
{
    Habits habits;
    habits.mode = one_of(dice, std::array{"full", "incremental", "incremental", "missing", "missing"});
    habits.state_file = !dice.one_in(3);
    habits.rejects_file = !dice.one_in(3);
    habits.shards = dice.one_in(5) ? 2 + dice.below(2) : 1;
    habits.latency = std::chrono::milliseconds{dice.below(6)};
    return habits;
}

/// Waits are short, or the run has a deadline.
QuotaRule drawn_quota(Dice& dice)
{
    QuotaRule rule;
    if (dice.one_in(3)) {
        return rule;
    }
    rule.kind = one_of(dice, std::array{QuotaKind::bucket, QuotaKind::bucket, QuotaKind::fixed, QuotaKind::sliding});
    rule.per_minute = rule.kind == QuotaKind::bucket ? 1000.0 + static_cast<double>(dice.below(3000))
                                                     : 20.0 + static_cast<double>(dice.below(200));
    rule.burst = 1.0 + static_cast<double>(dice.below(30));
    rule.phase = std::chrono::milliseconds{50'000 + dice.below(9000)};
    rule.rejected = dice.one_in(3) ? RejectedCalls::count : RejectedCalls::are_free;
    rule.hint = one_of(dice, std::array{QuotaHint::none, QuotaHint::seconds, QuotaHint::date});
    rule.declares = dice.one_in(4) && rule.kind != QuotaKind::bucket; // whose minute's reset is a long wait
    return rule;
}

Plan drawn_plan(Dice& dice, Habits const& habits, Town const& town, QuotaRule const& quota)
{
    Plan plan;
    plan.mode = dice.one_in(6) ? "full" : habits.mode;
    plan.limit = dice.one_in(8) ? 1 + dice.below(town.opened() + 2) : 0;
    plan.ignores_unknown = dice.one_in(2);
    plan.verbose = dice.one_in(2);
    draw_pace(dice, plan);
    if (dice.one_in(3)) {
        plan.at_freshchat = faults_of_freshchat(dice, town);
    }
    if (dice.one_in(4)) {
        plan.at_supabase = faults_of_supabase(dice);
    }
    bool const slow = is_slow(plan.at_freshchat) || is_slow(plan.at_supabase);
    if (slow || quota.kind == QuotaKind::fixed || quota.kind == QuotaKind::sliding || dice.one_in(8)) {
        plan.deadline = 1 + dice.below(6);
    }
    if (plan.deadline != 0) {
        plan.settings["MAX_DURATION"] = std::to_string(plan.deadline);
    }
    if (quota.kind != QuotaKind::none && dice.one_in(2)) {
        plan.settings["MAX_WAIT"] = std::to_string(1 + dice.below(5)) + "s";
    }
    plan.settings["REQUEST_TIMEOUT"] = slow ? "1" : "30";
    if (!dice.one_in(3)) {
        draw_signal(dice, town, plan);
    }
    plan.news_after = dice.one_in(6) ? 1 + dice.below(town.opened()) : 0;
    return plan;
}

std::string told_of(Plan const& plan, QuotaRule const& quota)
{
    auto told = fmt::format("quota {}: {:.0f} a minute, burst {:.0f}, hint {}; ", static_cast<int>(quota.kind),
        quota.per_minute, quota.burst, static_cast<int>(quota.hint));
    for (auto const* faults : {&plan.at_freshchat, &plan.at_supabase}) {
        for (auto const& fault : *faults) {
            told += fmt::format("{} \"{}\": kind {}, {} {}, {} times after {}; ",
                faults == &plan.at_supabase ? "Supabase" : "Freshchat", fault.conversation,
                static_cast<int>(fault.kind), fault.status, fault.code, static_cast<std::ptrdiff_t>(fault.times),
                fault.after);
        }
    }
    return told
        + fmt::format("signal {} after {} {} and {} ms; messages appear after {} calls", plan.signal, plan.moment,
            plan.counts_upserts ? "upserts" : "calls", plan.delay.count(), plan.news_after);
}

Plan quiet_plan(std::string const& mode)
{
    Plan plan{.mode = mode, .ignores_unknown = true, .verbose = true};
    plan.settings = {{"CONCURRENCY", "4"}};
    return plan;
}

} // namespace backfill::test
