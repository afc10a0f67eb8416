#pragma once

#include "app/facts/run_end.hpp"
#include "app/facts/run_facts.hpp"
#include "app/log/run_log.hpp"
#include "app/settings/settings.hpp"
#include "backfill/calls/quota.hpp"

#include <array>
#include <string>

namespace backfill::app {

// How choices are called in lines, events and files. Each list stands in the order of its enum.

inline std::string name_of(Command command)
{
    static constexpr std::array kNames{"run", "dry-run", "verify"};
    return kNames.at(static_cast<std::size_t>(command));
}

inline std::string name_of(Mode mode)
{
    static constexpr std::array kNames{"full", "incremental", "missing"};
    return kNames.at(static_cast<std::size_t>(mode));
}

inline std::string name_of(Pace pace)
{
    static constexpr std::array kNames{"fixed", "adaptive"};
    return kNames.at(static_cast<std::size_t>(pace));
}

inline std::string name_of(Ending ending)
{
    static constexpr std::array kNames{"complete", "stopped", "fatal"};
    return kNames.at(static_cast<std::size_t>(ending));
}

inline std::string name_of(LimitedBy limit)
{
    static constexpr std::array kNames{"quota", "latency", "supabase", "work", "delays"};
    return kNames.at(static_cast<std::size_t>(limit));
}

inline std::string name_of(calls::CeilingOrigin origin)
{
    static constexpr std::array kNames{"none", "learned", "declared", "given"};
    return kNames.at(static_cast<std::size_t>(origin));
}

/// What new and stored messages are called, by what is done with them.
struct MessageWords {
    char const* fresh;
    char const* stored;
};

inline MessageWords message_words(Settings const& settings)
{
    if (settings.command == Command::verify) {
        return {settings.repair ? "repaired" : "missing", "stored"};
    }
    bool const dry = settings.command == Command::dry_run;
    bool const update = settings.messages.on_conflict == supabase::OnConflict::update;
    return {dry ? "to insert" : "new", !update ? "skipped" : dry ? "to update" : "updated"};
}

} // namespace backfill::app
