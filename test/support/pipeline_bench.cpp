#include "support/pipeline_bench.hpp"

#include "app/facts/exit_codes.hpp"

#include <algorithm>
#include <random>
#include <sstream>
#include <utility>

namespace backfill::test {
namespace {

void append_lines(std::vector<std::string>& lines, std::string const& text)
{
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
}

} // namespace

PipelineBench::PipelineBench()
    : freshchat_{[this](auto const& request) { return freshchat(request); }}, supabase_{[this](auto const& request) {
          return supabase(request);
      }}
{
    settings.batch_size = 50;
    settings.freshchat_token = Secret{"token"};
    settings.supabase_key = Secret{FakeSupabase::kSecretKey};
    settings.conversations = "Conversation";
    settings.messages.table = "Message";
    for (auto const* name : {"id", "conversationid", "actor_type", "message_parts", "created_time"}) {
        settings.messages.columns.push_back({name, name});
    }
    settings.clean_rules = {settings.messages.columns, {"system"}, {}};
}

void PipelineBench::add_conversations(std::size_t count, std::size_t messages_each)
{
    for (std::size_t c = 1; c <= count; ++c) {
        auto const id = "c" + std::to_string(c);
        in_memory_.tables().at("Conversation").rows[id] = {{"id", id}, {"created_time", "2025-01-01T00:00:00+00:00"}};
        auto& messages = messages_[id];
        for (std::size_t m = messages_each; m-- > 0;) {
            messages.push_back(id + "-m" + std::to_string(m));
        }
    }
}

void PipelineBench::conversation_pages(std::string const& id, std::size_t pages)
{
    pages_[id] = pages;
}

void PipelineBench::freshchat_answer(std::string const& id, http::Outcome answer)
{
    answers_.insert_or_assign(id, std::move(answer));
}

void PipelineBench::repeat_conversation(std::string const& id, std::string const& before)
{
    repeated_.emplace_back(id, before);
}

void PipelineBench::store(std::string const& conversation, std::string const& message)
{
    rows()[message] = {{"id", message}, {"conversationid", conversation}};
}

void PipelineBench::break_at_random(unsigned seed)
{
    std::mt19937 random{seed};
    std::vector<http::Outcome> const faults{
        reply(404), reply(503), reply(400), no_reply(http::TransportError::Kind::timeout), messages_page({})};
    for (auto const& [id, messages] : messages_) {
        if (id != "c1" && random() % 4 == 0) {
            answers_.insert_or_assign(id, faults[random() % faults.size()]);
        }
    }
    std::set<std::size_t> broken;
    for (std::size_t i = 0; i < 30; ++i) {
        if (random() % 4 == 0) {
            broken.insert(i);
        }
    }
    upsert_answer = [broken](std::size_t number) -> std::optional<http::Reply> {
        return broken.contains(number) ? std::optional{reply(500, R"({"code":"XX000"})")} : std::nullopt;
    };
}

app::Ending PipelineBench::run()
{
    Log const log{
        [this](Event const& event) {
            std::lock_guard const lock{lines_};
            append_lines(out, event.text);
            events.push_back(event);
        },
        [this](Event const& event) {
            std::lock_guard const lock{lines_};
            append_lines(notes, event.text);
            events.push_back(event);
        },
        verbose,
    };
    begin(log);
    app::Connections const connections{
        [this] { return freshchat_.transport(); }, [this] { return supabase_.transport(); }};
    auto const ending = app::run_pipeline(settings, last_run, connections, clock,
        {stop.get_token(), hard_stop.get_token(), [this] { stop.request_stop(); }}, *facts, *report);
    if (settings.command == app::Command::dry_run) {
        notes.erase(notes.begin()); // the hint that a dry run cannot prove everything
    }
    return ending;
}

void PipelineBench::begin(Log const& log)
{
    auto const history = settings.report_file.empty() ? app::History::none : app::History::kept;
    facts = std::make_unique<app::RunFacts>(clock, history);
    report = std::make_unique<app::RunLog>(settings, *facts, log, rejects);
}

int PipelineBench::exit_code() const
{
    auto const fresh = settings.only_compares() ? app::Fresh::missing : app::Fresh::stored;
    return app::exit_code(app::Ending::complete, 0, {}, facts->snapshot(), fresh);
}

void PipelineBench::report_failures(std::size_t count)
{
    begin();
    report->found(count, count);
    for (std::size_t i = 0; i < count; ++i) {
        report->conversation_failed({"c" + std::to_string(i), ConversationFailure::network, "why"});
    }
}

std::size_t PipelineBench::posts() const
{
    auto const requests = supabase_.requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
        [](auto const& request) { return request.method == http::Request::Method::post; }));
}

bool PipelineBench::newest_stored_before_oldest_missing()
{
    for (auto const& [conversation, messages] : messages_) {
        bool missing = true; // newest first: once one is stored, all older ones must be
        for (auto const& message : messages) {
            bool const is_stored = rows().contains(message);
            if (!missing && !is_stored) {
                return false;
            }
            missing = !is_stored;
        }
    }
    return true;
}

bool PipelineBench::printed(std::string_view line) const
{
    return std::find(out.begin(), out.end(), line) != out.end();
}

bool PipelineBench::noted(std::string_view line) const
{
    return std::find(notes.begin(), notes.end(), line) != notes.end();
}

long PipelineBench::count_lines(std::string_view part) const
{
    return std::count_if(
        out.begin(), out.end(), [part](auto const& line) { return line.find(part) != std::string::npos; });
}

long PipelineBench::count_notes(std::string_view part) const
{
    return std::count_if(
        notes.begin(), notes.end(), [part](auto const& line) { return line.find(part) != std::string::npos; });
}

std::map<std::string, long> PipelineBench::summary() const
{
    std::map<std::string, long> numbers;
    for (auto const& line : out) {
        if (auto const colon = line.find(": "); line.starts_with("  ") && colon != std::string::npos) {
            numbers[line.substr(2, colon - 2)] = std::strtol(line.c_str() + colon + 2, nullptr, 10);
        }
    }
    return numbers;
}

long PipelineBench::not_reached() const
{
    constexpr std::string_view kStopped = "[Backfill] Stopped: ";
    for (auto const& line : out) {
        if (line.starts_with(kStopped)) {
            return std::strtol(line.c_str() + kStopped.size(), nullptr, 10);
        }
    }
    return 0;
}

} // namespace backfill::test
