#include "faults/truth.hpp"

#include "faults/ground.hpp"
#include "program/tables.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace backfill::test {
namespace {

/// Ids that Freshchat held only for a part of the time, or besides the world.
struct Changes {
    std::set<std::string> inserted; ///< must be stored
    std::set<std::string> removed;  ///< may be stored
};

Changes changes_of(Switches const& switches)
{
    Changes changes;
    auto const& world = ground().world();
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const conversation = world.conversation(i).id;
        auto const pages = (world.message_count(i) + kPageClamp - 1) / kPageClamp;
        if (static_cast<std::size_t>(switches.change_after_page) > std::max<std::size_t>(pages, 1)) {
            continue; // never that far
        }
        for (std::size_t n = 0; n < switches.change_count; ++n) {
            if (switches.change == Change::insert) {
                changes.inserted.insert(inserted_message_id(conversation, n));
            } else if (switches.change == Change::remove && n < world.message_count(i)) {
                changes.removed.insert(world.message(i, n).id);
            }
        }
    }
    return changes;
}

} // namespace

void check_truth(Switches const& switches, Outcome& outcome)
{
    auto changes = changes_of(switches);
    constexpr std::string_view kMissing = "missing ";
    for (auto const& line : differences(ground().world())) {
        auto const id = line.substr(kMissing.size());
        bool const missing = line.starts_with(kMissing);
        if (missing && !changes.removed.contains(id)) {
            ++outcome.lost;
        }
        outcome.expect(missing || changes.inserted.erase(id) != 0, "in the table: " + line);
    }
    outcome.lost += changes.inserted.size();
}

} // namespace backfill::test
