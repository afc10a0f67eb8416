// What the two sides of the bench answer.

#include "support/pipeline_bench.hpp"

#include <algorithm>
#include <cstdlib>

namespace backfill::test {
namespace {

/// "c12-m3" → a time that grows with 3.
std::string time_of(std::string const& message)
{
    auto const number = message.rfind('m');
    long const seconds = number == std::string::npos ? 0 : std::strtol(message.c_str() + number + 1, nullptr, 10);
    auto const two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return "2025-01-01T" + two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60) + "Z";
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
    if (request.target.ends_with(id)) {
        return reply(404); // the conversation itself: no other id is known
    }
    auto const& all = messages_[id];
    auto const pages = pages_.contains(id) ? pages_[id] : (all.size() + 49) / 50;
    auto const number = std::stoul(request.target.substr(request.target.find("page=") + 5));
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
    if (request.method == http::Request::Method::post && request.body != "[]") {
        auto const number = upserts_++;
        if (auto answer = upsert_answer ? upsert_answer(number) : std::nullopt) {
            return *answer;
        }
    }
    if (auto answer = look_up_answer && request.target.starts_with("/Message?select=id,conversationid&")
            ? look_up_answer()
            : std::nullopt) {
        return *answer;
    }
    auto answer = in_memory_.answer(request);
    if (request.target.starts_with("/Conversation")) {
        tamper(request.target, answer);
    }
    return answer;
}

void PipelineBench::tamper(std::string const& target, http::Reply& answer)
{
    auto const place_of = [&](std::string const& id) {
        auto const found = answer.body.find(R"("id":")" + id + '"');
        return found == std::string::npos ? found : answer.body.rfind('{', found);
    };
    for (auto const& [id, before] : repeated_) {
        if (auto const begin = place_of(id); begin != std::string::npos && place_of(before) != std::string::npos) {
            auto const row = answer.body.substr(begin, answer.body.find('}', begin) + 1 - begin);
            answer.body.insert(place_of(before), row + ",");
        }
    }
    for (auto& [name, value] : answer.headers) {
        auto const total = value.find('/') + 1;
        bool const is_count = name == "Content-Range" && value.substr(total) != "*" && !target.ends_with("&limit=1")
            && target.find("=eq.") == std::string::npos && target.find("created_time=is.null") == std::string::npos;
        if (auto const more = is_count ? miscount(counts_++) : 0) {
            value.replace(total, std::string::npos, std::to_string(more + std::stoul(value.substr(total))));
        }
    }
}

} // namespace backfill::test
