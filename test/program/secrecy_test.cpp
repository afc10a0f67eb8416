// Neither secrets nor what customers wrote reaches any output, at any verbosity, however the run goes.

#include "program/tables.hpp"
#include "support/program_run.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace backfill::test;

namespace {

void check_silence(World const& world, Ended const& ended)
{
    constexpr std::size_t kTelling = 8; // shorter texts stand in the output for other reasons
    auto const output = ended.out + ended.err;
    for (std::size_t i = 0; i < world.size(); ++i) {
        for (auto const& message : world.messages(i)) {
            if (message.row && message.row->message_parts.size() >= kTelling
                && output.find(message.row->message_parts) != std::string::npos) {
                FAIL_CHECK("printed: " + message.row->message_parts);
            }
        }
    }
    CHECK(output.find("eyJ") == std::string::npos); // any JWT
    CHECK(output.find("Bearer") == std::string::npos);
}

} // namespace

TEST_CASE("a verbose run prints no secret and no message text, be it good, partly refused or fatal")
{
    WorldOptions options;
    options.conversations = 60;
    options.odd_ids = OddIds::yes;
    auto const world = World::make(options);
    auto const [messages_table, fault] = GENERATE(table<std::string, Fault>({{"Message", Fault{.times = 0}},
        {"Message_checked", Fault{.times = 3, .status = 404}}, {"Message_uuid", Fault{.times = 0}},
        {"Message", Fault{.after = 30, .times = kAlways, .status = 401}}, {"Nope", Fault{.times = 0}}}));
    CAPTURE(messages_table);
    Switches switches;
    switches.faults = {fault};
    Simulator const simulator{world, switches};
    empty_tables();
    store_conversations(world);
    auto const settings = with(settings_for(simulator), {{"MESSAGE_TABLE", messages_table}});
    check_silence(world, run_program({"run", "--verbose"}, settings));
    check_silence(world, run_program({"dry-run", "-v"}, settings));
}
