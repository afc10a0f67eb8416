#include "backfill/supabase/id_spelling.hpp"

#include "backfill/core/ascii.hpp"

#include <algorithm>

namespace backfill::supabase {
namespace {

constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

} // namespace

bool is_uuid(std::string_view id)
{
    return std::ranges::equal(id, kUuid, [](char c, char form) {
        auto const lower = ascii_lower(c);
        return form == '-' ? c == '-' : (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
    });
}

std::string without_padding(std::string_view id)
{
    return std::string{id.substr(0, id.find_last_not_of(' ') + 1)};
}

std::string folded(std::string_view id)
{
    auto text = without_padding(id);
    if (is_uuid(text)) {
        std::ranges::transform(text, text.begin(), [](char c) { return ascii_lower(c); });
    }
    return text;
}

Spellings::Spellings(std::span<std::string const> ids)
{
    for (auto const& id : ids) {
        ids_.emplace(folded(id), &id);
    }
    for (auto const& id : ids) {
        ids_.insert_or_assign(id, &id);
    }
}

std::string const* Spellings::find(std::string_view id) const
{
    auto const as_spelled = ids_.find(id);
    auto const found = as_spelled != ids_.end() ? as_spelled : ids_.find(folded(id));
    return found != ids_.end() ? found->second : nullptr;
}

} // namespace backfill::supabase
