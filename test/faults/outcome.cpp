#include "faults/outcome.hpp"

#include "support/scratch_file.hpp"
#include "support/simulator_faults.hpp"

#include <filesystem>

namespace backfill::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr auto kRequestTimeout = "4"; // everything takes longer
#else
constexpr auto kRequestTimeout = "1";
#endif

void check_sums(Told const& told, std::vector<std::string>& complaints)
{
    if (!told.summary) {
        return;
    }
    auto const& sums = *told.summary;
    if (sums.processed + sums.skipped + sums.failed + sums.not_reached != sums.conversations) {
        complaints.emplace_back("the conversations of the summary do not add up");
    }
    if (told.tally.lines != sums.processed || told.tally.fresh > sums.inserted) {
        complaints.emplace_back("the lines and the summary differ");
    }
}

} // namespace

void Outcome::expect(bool holds, std::string const& complaint)
{
    if (!holds) {
        complaints.push_back(complaint);
    }
}

void Outcome::complain(std::string const& what, std::vector<std::string> const& more)
{
    for (auto const& each : more) {
        complaints.push_back(what + ": " + each);
    }
}

void Outcome::capture(std::string const& what, Ended const& ended)
{
    captured += "── stdout of " + what + "\n" + ended.out + "── stderr of " + what + "\n" + ended.err;
}

std::vector<std::string> complaints_about(Ended const& ended, Voice voice)
{
    std::vector<std::string> complaints;
    auto const told = told_by(ended, voice);
    for (auto const& line : told.strange) {
        complaints.push_back("strange line: " + line);
    }
    bool const heard = !ended.err.empty() || (is_json(voice) && !ended.out.empty());
    if (heard && told.fatals != (ended.code == 1 ? 1U : 0U)) {
        complaints.push_back(std::to_string(told.fatals) + " fatal lines");
    }
    check_sums(told, complaints);
    return complaints;
}

std::vector<std::string> leaks_in(std::string const& output, Environment const& settings, Ground const& ground)
{
    auto leaks = ground.texts().found_in(output);
    for (std::string const forbidden : {"Bearer ", "eyJ"}) { // any JWT begins so
        if (output.find(forbidden) != std::string::npos) {
            leaks.push_back(forbidden);
        }
    }
    for (auto const& [name, value] : settings) {
        if ((name.ends_with("_TOKEN") || name.ends_with("_KEY")) && holds_secret(output, value)) {
            leaks.push_back(name + ", or the beginning of it");
        }
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

Environment row_settings(Simulator const& simulator, std::string const& folder)
{
    return with(settings_for(simulator),
        {{"REQUEST_TIMEOUT", kRequestTimeout}, {"CONNECT_TIMEOUT", kRequestTimeout},
            {"BATCH_SIZE", std::to_string(kBatchSize)}, {"BATCH_DELAY", "1"}, {"STATE_FILE", folder + "/state.json"},
            {"REJECTS_FILE", folder + "/rejects.jsonl"}, {"SUMMARY_FILE", folder + "/summary.json"},
            {"METRICS_FILE", folder + "/metrics.prom"}, {"REPORT_FILE", folder + "/report.html"},
            {"MARKDOWN_FILE", folder + "/report.md"}, {"FOLDER", folder}});
}

} // namespace backfill::test
