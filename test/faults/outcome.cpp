#include "faults/outcome.hpp"

#include "program/tables.hpp"

#include "support/psql.hpp"
#include "support/scratch_file.hpp"
#include "support/simulator_faults.hpp"

#include <filesystem>
#include <sstream>

namespace backfill::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto kRequestTimeout = "4"; // everything takes longer
#else
constexpr auto kRequestTimeout = "1";
#endif

void append_found(std::string const& wanted, std::string const& text, std::vector<std::string>& found)
{
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + wanted.size())) {
        found.push_back(wanted);
    }
}

void check_sums(Ended const& ended, std::vector<std::string>& complaints)
{
    bool const promised = ended.out.find("=== Batch ") != std::string::npos;
    if (!promised) {
        return;
    }
    try {
        auto const sums = summary_of(ended.out);
        if (sums.processed + sums.failed + sums.not_reached != sums.conversations) {
            complaints.emplace_back("the conversations of the summary do not add up");
        }
        if (tally_of(ended.out).lines != sums.processed || tally_of(ended.out).fresh > sums.inserted) {
            complaints.emplace_back("the lines and the summary differ");
        }
    } catch (std::exception const& error) {
        complaints.emplace_back(error.what());
    }
}

} // namespace

std::vector<std::string> complaints_about(Ended const& ended)
{
    std::vector<std::string> complaints;
    for (auto const& line : strange_lines(ended.out)) {
        complaints.push_back("strange line of stdout: " + line);
    }
    int fatal = 0;
    for (auto const& line : lines_of(ended.err)) {
        bool const no_output = line.starts_with("freshchat-backfill: standard output could not be written: ");
        fatal += no_output || line.starts_with("[Backfill] Fatal: ") ? 1 : 0;
        if (!(no_output || line.starts_with("[Backfill] ")) || line.find("internal error") != std::string::npos) {
            complaints.push_back("strange line of stderr: " + line);
        }
    }
    if (!ended.err.empty() && fatal != (ended.code == 1 ? 1 : 0)) {
        complaints.push_back(std::to_string(fatal) + " fatal lines");
    }
    check_sums(ended, complaints);
    return complaints;
}

std::vector<std::string> leaks_in(std::string const& output, Environment const& settings, Ground const& ground)
{
    std::vector<std::string> leaks;
    append_found(std::string{kQuotedText}, output, leaks);
    append_found("Bearer ", output, leaks);
    for (auto const& [name, value] : settings) {
        if (name.ends_with("_TOKEN") || name.ends_with("_KEY")) {
            append_found(value, output, leaks);
        }
    }
    for (auto const& text : ground.texts()) {
        append_found(text, output, leaks);
    }
    return leaks;
}

std::string files_in(std::string const& folder)
{
    std::string content;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{folder}) {
        content += entry.is_regular_file() ? content_of(entry.path()) : "";
    }
    return content;
}

std::vector<std::string> differences(World const& world)
{
    std::ostringstream csv;
    world.write_expected_messages_csv(csv);
    std::string const columns = "id, conversationid, actor_type, message_parts, created_time";
    auto const minus = [&columns](char const* a, char const* b) {
        return "(select " + columns + " from " + a + " except all select " + columns + " from " + b + ")";
    };
    return lines_of(psql("create temp table expected (like \"Message\");"
                         "copy expected ("
            + columns + ") from stdin (format csv);" + "select 'missing ' || id from "
            + minus("expected", "\"Message\"") + " a union all select 'surplus ' || id from "
            + minus("\"Message\"", "expected") + " b",
        csv.str()));
}

void prepare_tables(Ground const& ground)
{
    empty_tables();
    store_conversations(ground.world());
}

Environment row_settings(Simulator const& simulator, std::string const& folder)
{
    return with(settings_for(simulator),
        {{"REQUEST_TIMEOUT", kRequestTimeout}, {"CONNECT_TIMEOUT", kRequestTimeout}, {"BATCH_SIZE", "5"},
            {"BATCH_DELAY", "1"}, {"STATE_FILE", folder + "/state.json"}, {"REJECTS_FILE", folder + "/rejects.jsonl"},
            {"FOLDER", folder}});
}

} // namespace backfill::test
