#include "app/commands.hpp"

namespace backfill::app {

std::vector<CommandSpec> const& command_specs()
{
    static std::vector<CommandSpec> const specs{
        {Command::run, "run", "fetch the messages of every conversation and store those that are missing"},
        {Command::dry_run, "dry-run", "read both sides and say what a run would store; writes nothing"},
        {Command::verify, "verify", "compare the ids of both sides and list what is missing and what is surplus"},
        {Command::status, "status", "say what the tables hold; needs no Freshchat, works during a run"},
        {Command::doctor, "doctor", "check settings, keys, tables and both sides, and say what to do"},
    };
    return specs;
}

std::string command_names()
{
    std::string names;
    auto const& specs = command_specs();
    for (auto const& spec : specs) {
        names += &spec == &specs.front() ? "" : &spec == &specs.back() ? " or " : ", ";
        names += spec.name;
    }
    return names;
}

} // namespace backfill::app
