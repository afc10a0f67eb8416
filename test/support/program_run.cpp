#include "support/program_run.hpp"

#include "support/stack.hpp"

#include <cstdlib>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace backfill::test {
namespace {

bool is_secret(std::string const& name)
{
    return name.ends_with("_TOKEN") || name.ends_with("_KEY") || name == "HEALTHCHECK_URL" || name == "NOTIFY_URL";
}

std::string program()
{
    auto const* program = std::getenv("PROGRAM");
    if (program == nullptr) {
        throw std::runtime_error{"set PROGRAM to the path of freshchat-backfill"};
    }
    return program;
}

std::vector<char const*> const kOfSanitizers{"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};

/// And those variables of this process.
Environment with_variables(Environment settings, std::vector<char const*> const& names)
{
    for (auto const* name : names) {
        if (auto const* value = std::getenv(name)) {
            settings.emplace(name, value);
        }
    }
    return settings;
}

std::size_t number_after(std::string const& text, std::string const& name)
{
    auto const at = text.find("  " + name + ": ");
    return at == std::string::npos ? 0 : std::stoul(text.substr(at + name.size() + 4));
}

} // namespace

Environment settings_for(Simulator const& simulator)
{
    auto const& stack = Stack::local();
    return {
        {"FRESHCHAT_TOKEN", simulator.switches().token},
        {"FRESHCHAT_DOMAIN", simulator.base_url()},
        {"SUPABASE_URL", stack.value("HTTP_URL")},
        {"SUPABASE_SERVICE_ROLE_KEY", stack.value("SERVICE_KEY")},
        {"RATE_LIMIT_DELAY", "0"},
        {"BATCH_DELAY", "0"},
        {"PAGE_DELAY", "0"},
    };
}

Environment with(Environment settings, Environment const& changes)
{
    for (auto const& [name, value] : changes) {
        if (value.empty()) {
            settings.erase(name);
        } else {
            settings[name] = value;
        }
    }
    return settings;
}

std::unique_ptr<Subprocess> start_program(std::vector<std::string> arguments, Environment const& settings,
    std::string input, std::optional<Terminal> const& terminal)
{
    arguments.insert(arguments.begin(), program());
    return std::make_unique<Subprocess>(arguments, with_variables(settings, kOfSanitizers), std::move(input), terminal);
}

std::unique_ptr<Subprocess> start_in_shell(
    std::string const& script, std::vector<std::string> const& arguments, Environment const& settings)
{
    std::vector<std::string> shell{find_program("sh"), "-c", script, program()};
    shell.insert(shell.end(), arguments.begin(), arguments.end());
    return std::make_unique<Subprocess>(shell, with_variables(with_variables(settings, kOfSanitizers), {"PATH"}));
}

Ended run_program(std::vector<std::string> const& arguments, Environment const& settings, std::string input)
{
    auto ended = start_program(arguments, settings, std::move(input))->wait();
    expect_no_secret(ended, settings);
    return ended;
}

void expect_no_secret(Ended const& ended, Environment const& settings)
{
    constexpr std::size_t kTooShortToTell = 6;
    for (auto const& [name, value] : settings) {
        if (is_secret(name) && value.size() >= kTooShortToTell
            && (ended.out.find(value) != std::string::npos || ended.err.find(value) != std::string::npos)) {
            throw std::logic_error{"the program printed what " + name + " holds"};
        }
    }
}

std::string notes_of(Ended const& ended)
{
    std::string notes;
    for (auto const& line : lines_of(ended.err)) {
        notes += line.find(" without text: ") == std::string::npos ? line + '\n' : "";
    }
    return notes;
}

std::vector<std::string> lines_of(std::string const& text, char end)
{
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line, end);) {
        lines.push_back(line);
    }
    return lines;
}

std::string masked(std::string const& out)
{
    static std::regex const seconds{R"(durationSeconds: '\d+\.\d\d')"};
    return std::regex_replace(out, seconds, "durationSeconds: '#'");
}

Summary summary_of(std::string const& out)
{
    auto const start = out.find("\nSummary: {\n");
    if (start == std::string::npos || out.find("\nSummary: {\n", start + 1) != std::string::npos) {
        throw std::runtime_error{"not exactly one summary in:\n" + out};
    }
    auto const text = out.substr(start);
    Summary summary;
    summary.conversations = number_after(text, "totalConversations");
    summary.processed = number_after(text, "conversationsProcessed");
    summary.skipped = number_after(text, "conversationsSkipped");
    summary.failed = number_after(text, "conversationsFailed");
    summary.inserted = number_after(text, "totalMessagesInserted") + number_after(text, "totalMessagesToInsert");
    summary.updated = number_after(text, "totalMessagesUpdated") + number_after(text, "totalMessagesToUpdate");
    summary.messages_failed = number_after(text, "totalMessagesFailed");
    std::smatch stopped;
    static std::regex const line{R"(\[Backfill\] Stopped: (\d+) conversations? not reached\n)"};
    if (std::regex_search(out, stopped, line)) {
        summary.not_reached = std::stoul(stopped[1]);
    }
    return summary;
}

Tally tally_of(std::string const& out)
{
    // The last ": " parts the id, which may hold anything, from the counts.
    static std::regex const done{
        R"(^\[(?:Backfill|Dry run)\] ✓ Conversation .*: (\d+) (?:new|would be inserted), )"
        R"((\d+) (?:skipped|updated|would be updated), (?:(\d+) failed, )?(\d+) total(?: \(\d+ excluded\))?$)"};
    Tally tally;
    std::smatch found;
    for (auto const& line : lines_of(out)) {
        if (!std::regex_match(line, found, done)) {
            continue;
        }
        ++tally.lines;
        tally.fresh += std::stoul(found[1]);
        tally.stored += std::stoul(found[2]);
        tally.failed += found[3].matched ? std::stoul(found[3]) : 0;
        tally.total += std::stoul(found[4]);
    }
    return tally;
}

std::vector<std::string> strange_lines(std::string const& out)
{
    static std::regex const known{
        R"(|=== Backfill Messages (\(dry run\) )?- (Start|Complete|Stopped|Failed) ===|Configuration: BATCH_SIZE=.*|Summary: \{|\}|)"
        R"(  \w+: \d+,|  durationSeconds: '\d+\.\d\d'|\[Backfill\] Fetching all conversations from database\.\.\.|)"
        R"(\[Backfill\] Found \d+ conversations? to process( \(of \d+\))?|)"
        R"(\[Backfill\] === Batch \d+/\d+ \(\d+ conversations?\) ===|)"
        R"(\[Backfill\] Waiting \d+ms before next batch\.\.\.|\[Backfill\] No conversations found in database\.|)"
        R"(\[Backfill\] Stopped: \d+ conversations? not reached|)"
        R"(\[Backfill\] Freshchat: \d+ requests?, \d+ throttled, \d+ retried; .+; limited by \w+|)"
        R"(\[Dry run\] A run would need \d+ requests to Freshchat, about \d+ to Supabase, and about .+ at this pace|)"
        R"(\[(Backfill|Dry run)\] ✓ Conversation .+: \d+ (new|would be inserted), .*\d+ total(?: \(\d+ excluded\))?)"};
    std::vector<std::string> strange;
    for (auto& line : lines_of(out)) {
        if (!std::regex_match(line, known)) {
            strange.push_back(std::move(line));
        }
    }
    return strange;
}

} // namespace backfill::test
