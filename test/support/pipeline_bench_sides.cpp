// What the two sides of the bench answer.

#include "support/pipeline_bench.hpp"

#include <Poco/JSON/Parser.h>
#include <Poco/URI.h>

#include <algorithm>
#include <cstdlib>

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

} // namespace backfill::test
