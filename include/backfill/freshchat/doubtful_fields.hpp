#pragma once

#include "backfill/core/conversation.hpp"

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace backfill::freshchat {

/// Fields that the user maps to columns and that may be misspelled, or be the column's name in the field's place:
/// Freshchat is not known to send them, and no message seen so far had a value there. Their columns stay empty. Any
/// thread.
class DoubtfulFields {
public:
    explicit DoubtfulFields(Columns const& columns);

    void saw(std::vector<Message> const& messages);

    /// One sentence for each field, naming its column; none while no message was seen.
    std::vector<std::string> sentences() const;

private:
    Columns const& columns_;
    mutable std::mutex mutex_;
    std::set<std::string, std::less<>> without_value_;
    bool any_message_ = false;
};

} // namespace backfill::freshchat
