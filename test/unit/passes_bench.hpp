#pragma once

#include "app/files/pass.hpp"
#include "app/files/state_file.hpp"

#include "backfill/core/timestamp.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

inline std::chrono::system_clock::time_point at(std::string const& time)
{
    return std::chrono::system_clock::time_point{std::chrono::microseconds{parse_timestamp(time)->microseconds}};
}

inline auto const kNight = at("2026-03-02T02:35:00Z");

/// As the command line and STATE_FILE give them.
inline app::Settings nightly(std::string const& state, std::vector<std::string> options = {})
{
    options.insert(options.end(), {"--mode=incremental", "--state-file=" + state});
    return settings(options);
}

inline app::Settings by_mark(std::string const& state, std::vector<std::string> options = {})
{
    options.emplace_back("--updated-since=last-run");
    return nightly(state, std::move(options));
}

inline void leave_mark(app::Settings const& of, std::string const& mark, std::vector<std::string> const& failed = {})
{
    app::StateFile state{of};
    for (auto const& id : failed) {
        state.lacking(id);
    }
    REQUIRE(state.keeps_failed());
    state.move_mark(mark);
    REQUIRE(state.save().empty());
}

inline app::LastRun begin(app::Settings const& settings, std::chrono::system_clock::time_point now = kNight)
{
    app::StateFile const state{settings};
    return app::begin_pass(settings, &state, now);
}

} // namespace backfill::test
