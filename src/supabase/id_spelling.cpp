#include "backfill/supabase/id_spelling.hpp"

#include <algorithm>

namespace backfill::supabase {
namespace {

constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_uuid(std::string_view id)
{
    return std::ranges::equal(id, kUuid, [](char c, char form) {
        return form == '-' ? c == '-' : std::string_view{"0123456789abcdefABCDEF"}.find(c) != std::string_view::npos;
    });
}

} // namespace

std::string folded(std::string_view id)
{
    std::string text{id.substr(0, id.find_last_not_of(' ') + 1)};
    if (is_uuid(text)) {
        std::ranges::transform(
            text, text.begin(), [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
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
