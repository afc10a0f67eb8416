#pragma once

#include "support/simulator.hpp"
#include "support/world.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

/// Empties every table of the local stack that these tests write.
void empty_tables();

/// These conversations, in tables that are empty but for them.
void store_only(World const& world);

/// The same, oldest first: the first was created at 2025-01-01T00:00:00Z, each later one a minute after the one before.
void store_only(std::vector<std::string> const& ids, std::string const& table = "Conversation");

std::size_t row_count(std::string const& table = "Message");

/// Each stored message that differs from the world's truth, row by row: "missing ID" or "surplus ID".
std::vector<std::string> differences(World const& world);

/// How many differ: "0 missing, 0 too many" when the table is the truth.
std::string compare_with(World const& world);
inline constexpr auto kEqual = "0 missing, 0 too many";

/// "id text" of each stored row, ordered by conversation and id.
std::vector<std::string> stored_texts(std::string const& table = "Message");

/// A message as Freshchat sends it. Its time is 2025-06-01 and `second` of that day.
std::string message_json(
    std::string const& id, std::string const& text, int second = 0, std::string const& actor = "user");

/// `count` messages named `prefix`1 (the oldest) and so on, newest first.
std::vector<std::string> messages(std::string const& prefix, int count);

} // namespace backfill::test
