#pragma once

#include "app/facts/numbers.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/quota.hpp"
#include "backfill/core/log.hpp"

#include <string>

namespace backfill::app {

// What lines, events, files and the page call things. docs/monitoring.md promises the names.

std::string name_of(Command command);
std::string name_of(Mode mode);
std::string name_of(Pace pace);
std::string name_of(Ending ending);
std::string name_of(calls::CeilingOrigin origin);
std::string name_of(Phase phase);

struct CommandWords {
    char const* prefix; ///< of a conversation's line: "[Dry run]"
    char const* name;   ///< "Dry run"
    char const* title;  ///< of the first and the last lines: "Backfill Messages (dry run)"
};

/// For the commands that go through the conversations.
CommandWords command_words(Settings const& settings);

/// The same log, where the lines that verify shares with a run begin with [Verify]. A dry run's begin with [Backfill].
Log speaking_as_command(Settings const& settings, Log const& log);

struct MessageWord {
    char const* name;  ///< "to insert"
    char const* told;  ///< after a conversation's number of them: "would be inserted"
    char const* total; ///< their line in the summary: "totalMessagesToInsert"; "" = they have none
};

/// What fresh and stored messages are called, by what is done with them.
struct MessageWords {
    MessageWord fresh;
    MessageWord stored;
};

MessageWords message_words(Settings const& settings);

} // namespace backfill::app
