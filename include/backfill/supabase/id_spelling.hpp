#pragma once

#include "backfill/core/text_store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace backfill::supabase {

bool is_uuid(std::string_view id); ///< in upper or lower case

/// Without the blanks that a column of type char(n) puts at the end.
std::string without_padding(std::string_view id);

/// An id in the spelling that a column's type may give it: UUIDs in lower case (uuid), no blanks at the end (char(n)).
/// Two ids that fold alike are equal for such a column, and differ for a text one: ask the database before relying on
/// it.
std::string folded(std::string_view id);

/// Ids that were asked for, to be found again in an answer that may spell them otherwise. Looks at them.
class Spellings {
public:
    explicit Spellings(std::span<std::string const> ids);

    /// The one that the answer's `id` stands for: the same text before one that folds alike; null when there is none.
    std::string const* find(std::string_view id) const;

private:
    std::unordered_map<std::string, std::string const*, TextHash, std::equal_to<>> ids_;
};

} // namespace backfill::supabase
