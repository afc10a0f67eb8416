#pragma once

#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>

namespace backfill::test {

/// Runs until the simulator has had so many requests, of which the last one hangs, and stops the run by SIGTERM.
/// Returns what it left in the file, which is untouched until then.
inline std::string file_of_stopped_run(
    Simulator const& simulator, std::size_t requests, Environment const& settings, ScratchFile const& file)
{
    auto const before = content_of(file.path());
    auto const program = start_program({"run"}, with(settings_for(simulator), settings));
    REQUIRE(simulator.wait_for_requests(requests));
    CHECK(content_of(file.path()) == before);
    program->send(SIGTERM);
    CHECK(program->wait().code == 143);
    return content_of(file.path());
}

} // namespace backfill::test
