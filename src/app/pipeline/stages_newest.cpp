#include "app/pipeline/stages.hpp"

#include <deque>
#include <memory>
#include <utility>

namespace backfill::app {
namespace {

constexpr std::size_t kMostWithoutRows = 10; // newest conversations often hold nothing but system messages

/// The last of the list, the newest first. None of a sample: its draw cannot be repeated.
std::vector<Conversation> newest_of(Run& run, supabase::Postgrest& postgrest)
{
    auto selection = run.selection();
    if (selection.sample) {
        return {};
    }
    selection.again.clear(); // they come last, whatever their age
    supabase::WorkList list{postgrest, run.settings.conversations, std::move(selection)};
    auto const stop = run.halted.get_token();
    list.open(stop);
    std::deque<Conversation> last;
    for (auto page = list.next_batch(supabase::kPageRows, stop); !page.empty();
         page = list.next_batch(supabase::kPageRows, stop)) {
        for (auto& conversation : page) {
            last.push_front(std::move(conversation));
        }
        last.resize(std::min(last.size(), kMostWithoutRows));
    }
    return {last.begin(), last.end()};
}

} // namespace

std::optional<std::vector<Row>> fetch_newest(Run& run, supabase::Postgrest& postgrest)
{
    Fetcher fetcher{run};
    supabase::MessageTable table{postgrest, run.settings.messages};
    for (auto const& conversation : newest_of(run, postgrest)) {
        if (!run.out_of_turn.take(conversation.id)) {
            return std::nullopt;
        }
        auto const batch = std::make_shared<Batch const>(Batch{0, 1, look_up(run, table, {conversation})});
        if (auto fetched = fetcher.fetch({conversation.id, batch, false, true})) {
            if (auto rows = run.open_conversations.open(*std::move(fetched)); !rows.empty()) {
                return rows;
            }
        }
    }
    return std::vector<Row>{};
}

} // namespace backfill::app
