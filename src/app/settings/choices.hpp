#pragma once

#include "backfill/supabase/message_table.hpp"

#include <string>
#include <variant>

namespace backfill::app {

enum class Command {
    run,
    dry_run,
    verify, ///< compares the ids of both sides, conversation by conversation
    config, ///< shows the settings; sends nothing
    status, ///< counts what the tables hold
    doctor, ///< checks settings and both sides
};
enum class OnNotFound { fail, ignore };
enum class Pace { fixed, adaptive };

enum class LogFormat { text, json };
enum class ProgressStyle {
    automatic, ///< a rewritten line on a terminal, else plain lines
    plain,
    none,
};

/// Which Freshchat calls a run may spare.
enum class Mode {
    full,        ///< none: every page of every conversation
    incremental, ///< a walk ends at a page with a stored message on which every other one is stored or excluded
    missing,     ///< conversations with a stored message are skipped
};

enum class Shell { bash, zsh, fish };

/// One word that a setting accepts, and its meaning.
struct Choice {
    std::string word; ///< lower case
    std::variant<LogFormat, ProgressStyle, Pace, Mode, OnNotFound, supabase::OnConflict, Shell> value;
};

} // namespace backfill::app
