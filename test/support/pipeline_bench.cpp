#include "support/pipeline_bench.hpp"

#include <Poco/JSON/Parser.h>
#include <Poco/URI.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <utility>

namespace backfill::test {
namespace {

std::map<std::string, std::string> parameters(std::string const& target)
{
    std::map<std::string, std::string> found;
    for (auto const& [name, value] : Poco::URI{target}.getQueryParameters()) {
        found[name] = value;
    }
    return found;
}

/// "c12-m3" → a time that grows with 3.
std::string time_of(std::string const& message)
{
    auto const number = message.rfind('m');
    long const seconds = number == std::string::npos ? 0 : std::strtol(message.c_str() + number + 1, nullptr, 10);
    auto const two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return "2025-01-01T" + two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60) + "Z";
}

void append_lines(std::vector<std::string>& lines, std::string const& text)
{
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
}

std::string page_body(std::vector<std::string> const& ids, bool link)
{
    std::string body = R"({"messages":[)";
    for (auto const& id : ids) {
        body += (&id == &ids.front() ? "" : ",") + std::string{R"({"id":")"} + id
            + R"(","actor_type":"user","created_time":")" + time_of(id) + "\"}";
    }
    return body + (link ? R"(],"link":{"href":"/v2/next"}})" : "]}");
}

} // namespace

http::Reply messages_page(std::vector<std::string> const& ids)
{
    return reply(200, page_body(ids, false));
}

PipelineBench::PipelineBench()
    : freshchat_{[this](auto const& request) { return freshchat(request); }}, supabase_{[this](auto const& request) {
          return supabase(request);
      }}
{
    settings.rate_limit_delay = settings.batch_delay = settings.page_delay = std::chrono::milliseconds{0};
    settings.freshchat_token = Secret{"token"};
    settings.supabase_key = Secret{"sb_secret_key"};
    settings.conversation_table = "Conversation";
    settings.messages.table = "Message";
    for (auto const* name : {"id", "conversationid", "actor_type", "message_parts", "created_time"}) {
        settings.messages.columns.push_back({name, name});
    }
    settings.clean_rules = {settings.messages.columns, {"system"}, {}};
}

void PipelineBench::add_conversations(std::size_t count, std::size_t messages_each)
{
    for (std::size_t c = 1; c <= count; ++c) {
        auto const& id = conversations_.emplace_back("c" + std::to_string(c));
        for (std::size_t m = messages_each; m-- > 0;) {
            messages_[id].push_back(id + "-m" + std::to_string(m));
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

void PipelineBench::repeat_conversation(std::string const& id)
{
    auto const found = std::find(conversations_.begin(), conversations_.end(), id);
    conversations_.insert(found, *found);
}

void PipelineBench::store(std::string const& conversation, std::string const& message)
{
    stored_[message] = conversation;
}

void PipelineBench::break_at_random(unsigned seed)
{
    std::mt19937 random{seed};
    std::vector<http::Outcome> const faults{
        reply(404), reply(503), reply(400), no_reply(http::TransportError::Kind::timeout), messages_page({})};
    for (auto const& id : conversations_) {
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
    report = std::make_unique<app::Report>(settings, clock, log, rejects);
    app::Connections const connections{
        [this] { return freshchat_.transport(); }, [this] { return supabase_.transport(); }};
    auto const ending =
        app::run_pipeline(settings, connections, clock, {stop.get_token(), hard_stop.get_token()}, *report);
    if (settings.command == app::Command::dry_run) {
        notes.erase(notes.begin()); // the hint that a dry run cannot prove everything
    }
    return ending;
}

http::Outcome PipelineBench::freshchat(http::Request const& request)
{
    if (on_request) {
        on_request(request);
    }
    auto const start = std::string_view{"/conversations/"}.size();
    auto const id = request.target.substr(start, request.target.find('/', start) - start);
    if (auto const answer = answers_.find(id); answer != answers_.end()) {
        return answer->second;
    }
    auto const& all = messages_[id];
    auto const pages = pages_.contains(id) ? pages_[id] : (all.size() + 49) / 50;
    auto const number = std::stoul(parameters(request.target).at("page"));
    auto const size = pages == 0 ? 0 : (all.size() + pages - 1) / pages;
    auto const first = std::min(all.size(), (number - 1) * size);
    auto const last = std::min(all.size(), first + size);
    return reply(200,
        page_body({all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last)},
            number < pages));
}

http::Outcome PipelineBench::supabase(http::Request const& request)
{
    if (on_request) {
        on_request(request);
    }
    if (request.method == http::Request::Method::post) {
        return upsert(request);
    }
    return request.target.starts_with("/Conversation") ? conversations(request.target) : stored(request.target);
}

http::Reply PipelineBench::conversations(std::string const& target)
{
    auto const asked = parameters(target);
    auto const after = asked.contains("or") ? asked.at("or").substr(asked.at("or").find("id.gt.") + 6) : std::string{};
    bool const timed = !asked.contains("created_time") || asked.at("created_time") != "is.null";
    std::string body;
    std::size_t total = 0;
    bool reached = after.empty();
    for (auto const& id : conversations_) {
        bool const chosen = !asked.contains("id") || asked.at("id").find(id) != std::string::npos;
        if (timed && chosen) {
            ++total;
            bool const wanted = reached && (!asked.contains("limit") || asked.at("limit") != "0");
            body += wanted ? (body.empty() ? "" : ",") + std::string{R"({"id":")"} + id
                    + R"(","created_time":"2025-01-01T00:00:00+00:00"})"
                           : "";
        }
        reached = reached || id + ")" == after;
    }
    bool const is_count = asked.contains("limit") && asked.at("limit") == "0" && timed;
    return reply(200, "[" + body + "]",
        {{"Content-Range", "*/" + std::to_string(total + (is_count ? miscount(counts_++) : 0))}});
}

http::Reply PipelineBench::stored(std::string const& target) const
{
    auto const asked = parameters(target);
    std::string body;
    if (asked.contains("conversationid") && !asked.contains("id")) {
        auto const list = "," + asked.at("conversationid").substr(4);
        for (auto const& [message, conversation] : stored_) {
            bool const listed = list.find("," + conversation + ",") != std::string::npos
                || list.find("," + conversation + ")") != std::string::npos;
            body += listed ? (body.empty() ? "" : ",") + std::string{R"({"id":")"} + message + R"(","conversationid":")"
                    + conversation + "\"}"
                           : "";
        }
    } else if (asked.contains("id") && asked.at("id").starts_with("in.(")) {
        auto const list = "," + asked.at("id").substr(4);
        for (auto const& [message, conversation] : stored_) {
            bool const listed = list.find("," + message + ",") != std::string::npos
                || list.find("," + message + ")") != std::string::npos;
            body += listed ? (body.empty() ? "" : ",") + std::string{R"({"id":")"} + message + "\"}" : "";
        }
    }
    return reply(200, "[" + body + "]");
}

http::Reply PipelineBench::upsert(http::Request const& request)
{
    auto const rows = Poco::JSON::Parser{}.parse(request.body).extract<Poco::JSON::Array::Ptr>();
    if (rows->size() > 0) {
        auto const number = upserts_++;
        if (auto answer = upsert_answer ? upsert_answer(number) : std::nullopt) {
            return *answer;
        }
    }
    bool const update = header_of(request, "Prefer").find("merge-duplicates") != std::string::npos;
    std::string body;
    for (auto const& element : *rows) {
        auto const row = element.extract<Poco::JSON::Object::Ptr>();
        auto const id = row->getValue<std::string>("id");
        bool const fresh = stored_.emplace(id, row->getValue<std::string>("conversationid")).second;
        body += fresh || update ? (body.empty() ? "" : ",") + std::string{R"({"id":")"} + id + "\"}" : "";
    }
    return reply(201, "[" + body + "]",
        {{"Preference-Applied", update ? "resolution=merge-duplicates" : "resolution=ignore-duplicates"}});
}

std::size_t PipelineBench::posts() const
{
    auto const requests = supabase_.requests();
    return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
        [](auto const& request) { return request.method == http::Request::Method::post; }));
}

bool PipelineBench::newest_stored_before_oldest_missing() const
{
    for (auto const& [conversation, messages] : messages_) {
        bool missing = true; // newest first: once one is stored, all older ones must be
        for (auto const& message : messages) {
            bool const is_stored = stored_.contains(message);
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
