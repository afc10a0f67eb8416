#include "app/log/run_estimate.hpp"

#include "backfill/core/conversation.hpp"

#include <algorithm>

namespace backfill::app {
namespace {

constexpr std::size_t kIdsPerLookUp = 50;
constexpr std::size_t kProof = 1; // of the right to insert: a dry run does not ask for it

std::size_t divided_up(std::size_t number, std::size_t by)
{
    return (number + by - 1) / by;
}

/// At least as many as full chunks need. Where rows trickle in, a chunk goes out when its first row has lingered: at
/// most one for each conversation with news, and no more than fit into the time.
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
    auto const only_here = std::min(divided_up(dry_run.looked_up_by_id, kIdsPerLookUp), asked.sent);
    return {dry_run.freshchat.sent, asked.sent - only_here + kProof + count,
        std::max(dry_run.elapsed + at_barriers, writing)};
}

} // namespace backfill::app
