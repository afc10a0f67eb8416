#include "support/simulator.hpp"

#include "support/simulator_answers.hpp"
#include "support/simulator_connection.hpp"
#include "support/simulator_faults.hpp"
#include "support/simulator_journal.hpp"
#include "support/simulator_wire.hpp"

#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

namespace backfill::test {
namespace {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;

bool token_is_correct(HTTPServerRequest const& request, Switches const& switches)
{
    return request.get("Authorization", "") == "Bearer " + switches.token;
}

/// The page, or why not. Of the faults, those that show another page than was asked for.
PageAnswer plain_answer(Holdings const& holdings, Behaviour const& behaviour, Fault const* fault,
    HTTPServerRequest const& request, std::optional<Target> target)
{
    auto const refuse = [](Answer answer) { return PageAnswer{std::move(answer), {}, {}, false}; };
    if (!token_is_correct(request, behaviour.switches())) {
        return refuse(error_answer(401, "UNAUTHENTICATED", "Unauthenticated Request"));
    }
    if (!target) {
        return refuse(error_answer(404, "NOT_FOUND", "no such path"));
    }
    if (fault != nullptr && fault->kind == FaultKind::page_before) {
        auto const asked = parse_number(target->page.value_or("1")).value_or(1);
        target->page = std::to_string(std::max(asked - 1, 1));
    }
    if (request.getMethod() != "GET") {
        return refuse(error_answer(405, "METHOD_NOT_ALLOWED", "GET only"));
    }
    auto page = answer_page(holdings, behaviour.switches(), *target, behaviour.changed(target->conversation));
    return fault != nullptr && fault->kind == FaultKind::endless && page.is_page ? made_up_page(*target) : page;
}

} // namespace

class Simulator::Server {
public:
    Server(std::variant<World, Conversations> held, Switches switches, std::uint16_t port)
        : holdings_{std::move(held)}, behaviour_{std::make_shared<Behaviour>(std::move(switches))}, server_{port}
    {
        server_.start(
            [this](HTTPServerRequestImpl& request, HTTPServerResponse& response) { handle(request, response); });
    }

    std::uint16_t port() const { return server_.port(); }
    Journal& journal() { return journal_; }

    std::shared_ptr<Behaviour> behaviour() const
    {
        std::lock_guard lock{mutex_};
        return behaviour_;
    }

    void set_behaviour(Switches switches)
    {
        auto next = std::make_shared<Behaviour>(std::move(switches));
        std::lock_guard lock{mutex_};
        behaviour_ = std::move(next);
    }

private:
    void handle(HTTPServerRequestImpl& request, HTTPServerResponse& response);
    SeenRequest seen(HTTPServerRequest const& request, Switches const& switches, Target const* target);

    Holdings const holdings_;
    mutable std::mutex mutex_;
    std::shared_ptr<Behaviour> behaviour_;
    Journal journal_;
    std::atomic<std::uint64_t> answers_ = 0;
    LoopbackServer server_; ///< the last member: it stops before the others go
};

SeenRequest Simulator::Server::seen(HTTPServerRequest const& request, Switches const& switches, Target const* target)
{
    SeenRequest seen;
    seen.time = std::chrono::steady_clock::now();
    seen.token_correct = token_is_correct(request, switches);
    auto const number = std::to_string(++answers_);
    // As real ones look: 00-8118ffee73fa4580528d111b00e18a3a-9661e3743010d86a-00
    seen.trace_id = "00-" + std::string(32 - number.size(), '0') + number + "-9661e3743010d86a-00";
    if (target != nullptr) {
        seen.conversation = target->conversation;
        seen.page = parse_number(target->page.value_or("1")).value_or(0);
        seen.items_per_page = parse_number(target->items_per_page.value_or("0")).value_or(0);
    }
    return seen;
}

void Simulator::Server::handle(HTTPServerRequestImpl& request, HTTPServerResponse& response)
{
    Journal::Flight const flight{journal_};
    auto const behaviour = this->behaviour();
    auto const& switches = behaviour->switches();
    auto const target = parse_target(request.getURI(), switches.prefix);
    auto const* const asked = target ? &*target : nullptr;
    auto request_seen = seen(request, switches, asked);

    auto const ruling = behaviour->rule_on_call();
    auto const* const fault =
        ruling.admitted ? behaviour->strike(request_seen.conversation, request_seen.page) : nullptr;
    auto const replaced = fault != nullptr && replaces_page(fault->kind);
    auto page = !ruling.admitted
        ? PageAnswer{error_answer(429, "TOO_MANY_REQUESTS", "Rate limit exceeded"), {}, {}, false}
        : replaced ? PageAnswer{fault_answer(*fault), {}, {}, false}
                   : plain_answer(holdings_, *behaviour, fault, request, target);
    page.answer.headers.insert(page.answer.headers.end(), ruling.headers.begin(), ruling.headers.end());
    if (!replaced || fault->quotes.empty()) { // else it has one of its own
        page.answer.headers.emplace_back("X-Trace-ID", request_seen.trace_id);
    }
    if (page.is_page) {
        behaviour->page_answered(request_seen.conversation, request_seen.page);
    }
    request_seen.status = fault == nullptr ? page.answer.status : visible_status(*fault, page.answer);
    auto const result = fault != nullptr ? Result::fault : page.is_page ? Result::page : Result::other;
    journal_.add(request_seen, result, switches.recording);

    auto after = response.getKeepAlive() && switches.framing != Framing::until_close ? Connection::keep_alive
                                                                                     : Connection::close;
    Wire wire{request.socket(), server_.naps()};
    if (switches.latency.count() == 0 || server_.naps().sleep(switches.latency)) {
        bool const packs = page.is_page && switches.packing == Packing::gzip
            && request.get("Accept-Encoding", "").find("gzip") != std::string::npos;
        if (packs && fault == nullptr) {
            page.answer.body = gzipped(page_body(page));
            page.answer.headers.emplace_back("Content-Encoding", "gzip");
            page.is_page = false;
        }
        after = send_answer(wire, fault, page, switches.framing, after);
    }
    response.setKeepAlive(after == Connection::keep_alive);
}

Simulator::Simulator(World world, Switches switches, std::uint16_t port)
    : server_{std::make_unique<Server>(std::move(world), std::move(switches), port)}
{
}

Simulator::Simulator(Conversations conversations, Switches switches, std::uint16_t port)
    : server_{std::make_unique<Server>(std::move(conversations), std::move(switches), port)}
{
}

Simulator::~Simulator() = default;

std::uint16_t Simulator::port() const
{
    return server_->port();
}

std::string Simulator::base_url() const
{
    return "http://127.0.0.1:" + std::to_string(port()) + switches().prefix;
}

void Simulator::set_switches(Switches switches)
{
    server_->set_behaviour(std::move(switches));
}

Switches Simulator::switches() const
{
    return server_->behaviour()->switches();
}

std::vector<SeenRequest> Simulator::requests() const
{
    return server_->journal().requests();
}

Counters Simulator::counters() const
{
    return server_->journal().counters();
}

void Simulator::clear_requests()
{
    server_->journal().clear();
}

bool Simulator::has_changed(std::string const& conversation) const
{
    return server_->behaviour()->changed(conversation) == Changed::yes;
}

bool Simulator::wait_for_requests(std::size_t count, std::chrono::milliseconds patience) const
{
    return server_->journal().wait(count, patience);
}

void Simulator::on_request(std::function<void(SeenRequest const&)> seen)
{
    server_->journal().on_request(std::move(seen));
}

} // namespace backfill::test
