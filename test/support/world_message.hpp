#pragma once

#include "support/world.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace backfill::test {

/// What all messages of a conversation share.
struct Talk {
    std::string id;
    std::int64_t start = 0; ///< Unix seconds
    std::int64_t start_nanoseconds = 0;
    std::size_t messages = 0;
};

Talk make_talk(WorldOptions const& options, std::size_t index);

/// By which the tables name it.
std::string table_id(WorldOptions const& options, Talk const& talk, std::size_t index);

/// Position 0 is the newest. Depends on no other message but, for ties in time, the next older one.
WorldMessage make_message(WorldOptions const& options, Talk const& talk, std::size_t index, std::size_t position);

/// UTC: "2025-07-10T19:47:55", and `.` and the first `digits` of the fraction.
std::string iso_text(std::int64_t seconds, std::int64_t nanoseconds, std::size_t digits);

} // namespace backfill::test
