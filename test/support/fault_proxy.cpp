#include "support/fault_proxy.hpp"

#include "support/fake_query.hpp"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/String.h>

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <utility>

namespace backfill::test {
namespace {

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
    if (target.ends_with('/')) {
        return place::kDescription;
    }
    return has(target + "&", "limit=1&") ? place::kColumns : place::kStoredIds;
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

FaultProxy::FaultProxy(std::string const& upstream, std::vector<Fault> faults, Dialect dialect)
    : upstream_{upstream},
      dialect_{dialect},
      behaviour_{std::make_shared<Behaviour>(Switches{.faults = std::move(faults)})},
      server_{answering([this](Peer& peer, Asked const& asked) {
                  ++in_flight_;
                  auto const after = answer(peer, asked);
                  --in_flight_;
                  return after;
              }),
          HostileServer::Family::ipv4, std::chrono::seconds{0}}
{
}

/// What PostgREST says; of the faults, those that show other rows than were asked for.
Answer FaultProxy::answer_of(Fault const* fault, std::string const& place, Asked const& asked)
{
    if (fault != nullptr && fault->kind == FaultKind::page_before) {
        std::lock_guard lock{mutex_};
        if (auto const last = last_.find(place); last != last_.end()) {
            return last->second;
        }
    }
    bool const clamps = fault != nullptr && fault->size > 0
        && (fault->kind == FaultKind::clamp || fault->kind == FaultKind::page_before);
    auto const& target = asked.head.getURI();
    auto answer = passed_on(asked, clamps ? clamped(target, fault->size) : target);
    std::lock_guard lock{mutex_};
    last_[place] = answer;
    return answer;
}

Answer FaultProxy::passed_on(Asked const& asked, std::string const& target) const
{
    Poco::Net::HTTPClientSession session{upstream_.getHost(), upstream_.getPort()};
    session.setTimeout(Poco::Timespan{120, 0});
    Poco::Net::HTTPRequest sent{asked.head.getMethod(), target, "HTTP/1.1"};
    for (auto const& [name, value] : asked.head) {
        if (!is_of_the_hop(name)) {
            sent.add(name, value);
        }
    }
    if (asked.head.getMethod() == "POST") {
        sent.setContentLength(static_cast<std::streamsize>(asked.body.size()));
    }
    session.sendRequest(sent) << asked.body;
    Poco::Net::HTTPResponse response;
    http::Reply reply;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), reply.body);
    reply.status = response.getStatus();
    for (auto const& [name, value] : response) {
        if (!is_of_the_hop(name)) {
            reply.headers.emplace_back(name, value);
        }
    }
    auto const path = target.substr(0, target.find('?'));
    reply = spoken(dialect_, std::move(reply), form_decoded(path.substr(path.rfind('/') + 1)));
    return {reply.status, std::move(reply.headers), std::move(reply.body)};
}

Connection FaultProxy::answer(Peer& peer, Asked const& asked)
{
    auto const place = place_of(asked.head.getMethod(), asked.head.getURI(), asked.body);
    std::shared_ptr<Behaviour> behaviour;
    {
        std::lock_guard lock{mutex_};
        if (seen_) {
            seen_(place);
        }
        behaviour = behaviour_;
    }
    auto const* const fault = lifted_ ? nullptr : behaviour->strike(place, 0);
    strikes_ += fault == nullptr ? 0 : 1;
    auto const after = asked.head.getKeepAlive() ? Connection::keep_alive : Connection::close;
    bool const replaced = fault != nullptr && replaces_page(fault->kind);
    auto const said = replaced ? fault_answer(*fault) : answer_of(fault, place, asked);
    return send_answer(peer, fault, {said}, Framing::length, after);
}

std::string FaultProxy::base_url() const
{
    return "http://127.0.0.1:" + std::to_string(server_.port());
}

void FaultProxy::set_faults(std::vector<Fault> faults)
{
    auto next = std::make_shared<Behaviour>(Switches{.faults = std::move(faults)});
    std::lock_guard lock{mutex_};
    behaviour_ = std::move(next);
}

void FaultProxy::on_request(std::function<void(std::string_view)> seen)
{
    std::lock_guard lock{mutex_};
    seen_ = std::move(seen);
}

} // namespace backfill::test
