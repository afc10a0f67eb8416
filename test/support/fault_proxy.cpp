#include "support/fault_proxy.hpp"

#include "support/simulator_connection.hpp"
#include "support/simulator_faults.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <utility>

namespace backfill::test {
namespace {

using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;

bool has(std::string const& text, char const* piece)
{
    return text.find(piece) != std::string::npos;
}

std::string place_of(std::string const& method, std::string const& target, std::string const& body)
{
    if (method == "POST") {
        return body == "[]" ? place::kRights : place::kUpsert;
    }
    if (has(target, "/Conversation?")) {
        return has(target, "order=") ? place::kWorkList : has(target, "limit=0") ? place::kCount : place::kPreflight;
    }
    return has(target, "limit=0") ? place::kColumns : place::kStoredIds;
}

/// Those that belong to one connection, and to the framing of one body.
bool is_of_the_hop(std::string const& name)
{
    static constexpr std::array kNames{"Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length"};
    return std::any_of(kNames.begin(), kNames.end(), [&](auto const* hop) { return Poco::icompare(name, hop) == 0; });
}

/// As a smaller db-max-rows does.
std::string clamped(std::string const& target, std::size_t rows)
{
    static std::regex const limit{R"(([?&]limit=)[1-9]\d*)"};
    return std::regex_replace(target, limit, "$01" + std::to_string(rows));
}

} // namespace

class FaultProxy::Server {
public:
    Server(std::string const& upstream, std::vector<Fault> faults)
        : upstream_{upstream}, behaviour_{with(std::move(faults))}, server_{0}
    {
        server_.start([this](auto& request, auto& response) { handle(request, response); });
    }

    void on_request(std::function<void(std::string_view)> seen)
    {
        std::lock_guard lock{mutex_};
        seen_ = std::move(seen);
    }

    std::uint16_t port() const { return server_.port(); }

    std::atomic<std::size_t> strikes = 0;
    std::atomic<bool> lifted = false;

private:
    static Switches with(std::vector<Fault> faults)
    {
        Switches switches;
        switches.faults = std::move(faults);
        return switches;
    }

    void handle(HTTPServerRequestImpl& request, HTTPServerResponse& response);
    Answer passed_on(Poco::Net::HTTPRequest const& request, std::string const& target, std::string const& body) const;
    Answer answer_of(
        Fault const* fault, std::string const& place, Poco::Net::HTTPRequest const& request, std::string const& body);

    void tell(std::string const& place)
    {
        std::lock_guard lock{mutex_};
        if (seen_) {
            seen_(place);
        }
    }

    Poco::URI const upstream_;
    Behaviour behaviour_;
    std::mutex mutex_;
    std::function<void(std::string_view)> seen_;
    std::map<std::string, Answer> last_; ///< by place
    LoopbackServer server_;              ///< the last member: it stops before the others go
};

/// What PostgREST says; of the faults, those that show other rows than were asked for.
Answer FaultProxy::Server::answer_of(
    Fault const* fault, std::string const& place, Poco::Net::HTTPRequest const& request, std::string const& body)
{
    if (fault != nullptr && fault->kind == FaultKind::page_before) {
        std::lock_guard lock{mutex_};
        if (auto const last = last_.find(place); last != last_.end()) {
            return last->second;
        }
    }
    bool const clamps = fault != nullptr && fault->kind == FaultKind::clamp;
    auto answer = passed_on(request, clamps ? clamped(request.getURI(), fault->size) : request.getURI(), body);
    std::lock_guard lock{mutex_};
    last_[place] = answer;
    return answer;
}

Answer FaultProxy::Server::passed_on(
    Poco::Net::HTTPRequest const& request, std::string const& target, std::string const& body) const
{
    Poco::Net::HTTPClientSession session{upstream_.getHost(), upstream_.getPort()};
    session.setTimeout(Poco::Timespan{120, 0});
    Poco::Net::HTTPRequest sent{request.getMethod(), target, "HTTP/1.1"};
    for (auto const& [name, value] : request) {
        if (!is_of_the_hop(name)) {
            sent.add(name, value);
        }
    }
    if (request.getMethod() == "POST") {
        sent.setContentLength(static_cast<std::streamsize>(body.size()));
    }
    session.sendRequest(sent) << body;
    Poco::Net::HTTPResponse response;
    Answer answer;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
    answer.status = response.getStatus();
    for (auto const& [name, value] : response) {
        if (!is_of_the_hop(name)) {
            answer.headers.emplace_back(name, value);
        }
    }
    return answer;
}

void FaultProxy::Server::handle(HTTPServerRequestImpl& request, HTTPServerResponse& response)
{
    std::string body;
    Poco::StreamCopier::copyToString(request.stream(), body);
    auto const place = place_of(request.getMethod(), request.getURI(), body);
    tell(place);
    auto const* const fault = lifted ? nullptr : behaviour_.strike(place, 0);
    strikes += fault == nullptr ? 0 : 1;
    auto const after = response.getKeepAlive() ? Connection::keep_alive : Connection::close;
    Wire const wire{request.socket(), server_.naps()};
    auto const kept = [&] {
        if (fault != nullptr && replaces_page(fault->kind)) {
            return send_answer(wire, fault, {fault_answer(*fault), {}, {}, false}, Framing::length, after);
        }
        try {
            return send_answer(
                wire, fault, {answer_of(fault, place, request, body), {}, {}, false}, Framing::length, after);
        } catch (Poco::Exception const&) {
            return Connection::close; // nobody answers there: neither does this
        }
    }();
    response.setKeepAlive(kept == Connection::keep_alive);
}

FaultProxy::FaultProxy(std::string const& upstream, std::vector<Fault> faults)
    : server_{std::make_unique<Server>(upstream, std::move(faults))}
{
}

FaultProxy::~FaultProxy() = default;

std::string FaultProxy::base_url() const
{
    return "http://127.0.0.1:" + std::to_string(server_->port());
}

std::size_t FaultProxy::strikes() const
{
    return server_->strikes;
}

void FaultProxy::lift()
{
    server_->lifted = true;
}

void FaultProxy::on_request(std::function<void(std::string_view)> seen)
{
    server_->on_request(std::move(seen));
}

} // namespace backfill::test
