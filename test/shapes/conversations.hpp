#pragma once

#include "shapes/shape.hpp"
#include "support/simulator.hpp"

#include <cstddef>
#include <string>

namespace backfill::test {

inline constexpr std::size_t kConversationCount = 6;

/// Of conversation `number`, from 1, as the tables have it. Mixed: "a1", "B2", "a3", "B4" …
std::string conversation_id(IdForm ids, std::size_t number);

/// What Freshchat holds.
Conversations conversations_of(IdForm ids);

} // namespace backfill::test
