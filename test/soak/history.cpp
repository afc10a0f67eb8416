// A history's course: what happens, what is run, and how it ends. runs.cpp has its runs.

#include "soak/history.hpp"

#include "program/tables.hpp"

#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/stack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace backfill::test {

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
    auto const what = dice_.below(10);
    outcome.captured += fmt::format("══ happens: {} (see History::happen)\n", what);
    switch (what) {
    case 0:
    case 1:
    case 2:
        town_.write_messages(dice_, 700);
        break;
    case 3:
        if (auto const* chat = town_.open_chat(dice_)) {
            for (auto& [selection, pass] : passes_) {
                pass.seen.insert(chat->id);
            }
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
    if (stored_.empty()) {
        return;
    }
    auto const& ids = std::next(stored_.begin(), static_cast<std::ptrdiff_t>(dice.below(stored_.size())))->second;
    auto const size = 1 + dice.below(dice.one_in(4) ? ids.size() : 3);
    auto const from = dice.below(ids.size());
    std::string list;
    for (auto i = from; i < std::min(from + size, ids.size()); ++i) {
        list += (list.empty() ? "" : ", ") + sql_quoted(*std::next(ids.begin(), static_cast<std::ptrdiff_t>(i)));
    }
    psql(R"(delete from "Message" where id in ()" + list + ")");
    stored_ = stored_ids();
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
    for (std::size_t shard = 0; shard < habits_.shards; ++shard) {
        auto const rejects = fmt::format("{}/rejects.jsonl-{}", folder_, shard);
        outcome.expect(content_of(rejects).empty(), "in the end: " + rejects + " is not empty");
    }
    verify();
}

/// What was deleted at Freshchat is a surplus for ever.
void History::verify()
{
    auto const ended = start_program({"verify"}, with(settings_of(quiet_plan("full"), 0), {{"SHARD", ""}}))->wait();
    outcome.capture("verify", ended);
    IdSet held;
    for (auto const& chat : town_.chats()) {
        for (auto const* message : chat.held()) {
            held.insert(message->id);
        }
    }
    bool surplus = false;
    for (auto const& [chat, ids] : stored_) {
        surplus = surplus || !std::ranges::includes(held, ids);
    }
    outcome.expect(ended.code == (surplus ? 3 : 0), "verify: exit " + std::to_string(ended.code));
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
