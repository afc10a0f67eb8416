#include "backfill/rows/prepare.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace backfill::rows {

Prepared prepare(std::string_view conversation, std::vector<Message> const& messages, MessageIds const& stored,
    CleanRules const& rules)
{
    Prepared prepared;
    auto const kept = prepared.texts.keep(conversation);
    prepared.fresh.reserve(messages.size());
    for (auto const& message : messages) {
        auto cleaned = clean(message, kept, rules, prepared.texts);
        if (auto* row = std::get_if<Row>(&cleaned)) {
            row->was_stored = stored.contains(row->id);
            (row->was_stored ? prepared.stored : prepared.fresh).push_back(*row);
        } else if (auto* unusable = std::get_if<Unusable>(&cleaned)) {
            prepared.unusable.push_back({message.id, std::move(unusable->reason)});
        } else {
            prepared.excluded.push_back({message.id, std::move(std::get<Excluded>(cleaned).reason)});
        }
    }
    for (auto* rows : {&prepared.fresh, &prepared.stored}) {
        std::ranges::sort(
            *rows, [](Row const& a, Row const& b) { return std::tie(a.time_key, a.id) < std::tie(b.time_key, b.id); });
    }
    return prepared;
}

bool has_news(std::vector<Message> const& page, MessageIds const& stored, CleanRules const& rules)
{
    bool any_stored = false;
    for (auto const& message : page) {
        bool const is_stored = stored.contains(message.id);
        any_stored = any_stored || is_stored;
        if (!is_stored && !excluded(message, rules)) {
            return true;
        }
    }
    return !any_stored;
}

} // namespace backfill::rows
