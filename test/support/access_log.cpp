#include "support/access_log.hpp"

#include "support/stack.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/URI.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace backfill::test {
namespace {

constexpr std::chrono::seconds kLogDelay{10};

std::string read_from(std::streamoff start)
{
    std::ifstream file{Stack::local().value("ACCESS_LOG"), std::ios::binary};
    file.seekg(start);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The gateway logs a request after its answer, so the end of the log is where a request sent now is logged: it has
/// one worker, which ends requests one by one. Returns what was logged before it.
std::string read_up_to_now(std::streamoff start)
{
    static std::atomic<int> count{0};
    auto const marker = "/marker-" + std::to_string(++count) + "-"
        + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
    Poco::URI const gateway{Stack::local().value("HTTP_URL")};
    Poco::Net::HTTPClientSession session{gateway.getHost(), gateway.getPort()};
    Poco::Net::HTTPRequest request{"GET", marker, "HTTP/1.1"};
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    session.receiveResponse(response);
    auto const deadline = std::chrono::steady_clock::now() + kLogDelay;
    for (;;) {
        auto text = read_from(start);
        if (auto const at = text.find("GET " + marker); at != std::string::npos) {
            return text.substr(0, at);
        }
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error{"the gateway does not log its requests"};
        }
        std::this_thread::yield();
    }
}

} // namespace

AccessLog::AccessLog() : start_{static_cast<std::streamoff>(read_up_to_now(0).size())} {}

std::vector<AccessEntry> AccessLog::entries() const
{
    std::istringstream lines{read_up_to_now(start_)};
    std::vector<AccessEntry> entries;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields{line};
        AccessEntry entry;
        std::string body_bytes;
        fields >> entry.method >> entry.uri >> entry.status >> body_bytes;
        if (entry.uri.starts_with("/marker-")) {
            continue;
        }
        entry.body_bytes = body_bytes == "-" ? 0 : std::stoul(body_bytes);
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::size_t posts_with_rows(std::vector<AccessEntry> const& entries)
{
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [](AccessEntry const& entry) {
        return entry.method == "POST" && entry.body_bytes > std::string_view{"[]"}.size();
    }));
}

std::size_t posts(std::vector<AccessEntry> const& entries)
{
    return static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), [](AccessEntry const& entry) { return entry.method == "POST"; }));
}

} // namespace backfill::test
