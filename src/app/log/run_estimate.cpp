#include "app/log/run_estimate.hpp"

#include "app/log/duration_text.hpp"
#include "app/settings/cadence.hpp"

#include "backfill/core/chunk_limits.hpp"

#include <algorithm>
#include <chrono>

namespace backfill::app {
namespace {

constexpr std::size_t kProof = 1; // of the right to insert, which a dry run leaves out

std::size_t divided_up(std::size_t number, std::size_t by)
{
    return (number + by - 1) / by;
}

/// Full chunks at least. Where rows trickle in, a chunk goes out when its first row has lingered: one for each
/// conversation with news at most, and no more than the lingering allows in the time.
std::size_t upserts(Settings const& settings, RunSnapshot const& dry_run)
{
    bool const update = settings.messages.on_conflict == supabase::OnConflict::update;
    auto const rows = dry_run.messages.fresh + (update ? dry_run.messages.stored : 0);
    auto const full = divided_up(rows, ChunkLimits{}.rows);
    auto const lingered = static_cast<std::size_t>(dry_run.elapsed / linger(settings)) + 1;
    auto const conversations = update ? dry_run.conversations.processed : dry_run.conversations.with_news;
    return rows == 0 ? 0 : std::max(full, std::min(lingered, conversations));
}

} // namespace

RunEstimate estimate_run(Settings const& settings, RunSnapshot const& dry_run)
{
    auto const count = upserts(settings, dry_run);
    auto const& asked = dry_run.supabase;
    auto const each = asked.sent > 0 ? asked.time / static_cast<Clock::Duration::rep>(asked.sent) : Clock::Duration{};
    auto const batches = divided_up(dry_run.conversations.taken, settings.batch_size);
    auto const barriers = settings.batch_delay.count() > 0 ? std::min(count, batches) : std::min<std::size_t>(count, 1);
    auto const writing = each * static_cast<Clock::Duration::rep>(divided_up(count, writer_count(settings)));
    auto const at_barriers = each * static_cast<Clock::Duration::rep>(barriers);
    return {dry_run.freshchat.sent, asked.sent + kProof + count, std::max(dry_run.elapsed + at_barriers, writing)};
}

std::string text_of(RunEstimate const& estimate)
{
    return "[Dry run] A run would need " + std::to_string(estimate.freshchat_requests)
        + " requests to Freshchat, about " + std::to_string(estimate.supabase_requests) + " to Supabase, and about "
        + duration_text(std::max<Clock::Duration>(estimate.duration, std::chrono::seconds{1})) + " at this pace";
}

} // namespace backfill::app
