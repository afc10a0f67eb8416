#include "support/simulator.hpp"

#include "support/simulator_answers.hpp"
#include "support/simulator_faults.hpp"
#include "support/simulator_wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace backfill::test {
namespace {

bool token_is_correct(Asked const& asked, Switches const& switches)
{
    return asked.head.get("Authorization", "") == "Bearer " + switches.token;
}

/// The page, or why not. Of the faults, those that show another page than was asked for.
PageAnswer plain_answer(Holdings const& holdings, Behaviour const& behaviour, Fault const* fault, Asked const& asked,
    std::optional<Target> target)
{
    if (!token_is_correct(asked, behaviour.switches())) {
        return {error_answer(401, "UNAUTHENTICATED", "Unauthenticated Request")};
    }
    if (!target) {
        return {error_answer(404, "NOT_FOUND", "no such path")};
    }
    if (fault != nullptr && fault->kind == FaultKind::page_before) {
        auto const page = parse_number(target->page.value_or("1")).value_or(1);
        target->page = std::to_string(std::max(page - 1, 1));
    }
    if (asked.head.getMethod() != "GET") {
        return {error_answer(405, "METHOD_NOT_ALLOWED", "GET only")};
    }
    if (!target->asks_for_messages) {
        return {conversation_answer(holdings, target->conversation)};
    }
    auto page = answer_page(holdings, behaviour.switches(), *target, behaviour.changed(target->conversation));
    return fault != nullptr && fault->kind == FaultKind::endless && page.is_page ? made_up_page(*target) : page;
}

SeenRequest seen_in(
    Asked const& asked, Switches const& switches, std::optional<Target> const& target, std::size_t number)
{
    SeenRequest seen;
    seen.time = std::chrono::steady_clock::now();
    seen.token_correct = token_is_correct(asked, switches);
    // As real ones look: 00-8118ffee73fa4580528d111b00e18a3a-9661e3743010d86a-00
    seen.trace_id = fmt::format("00-{:032}-9661e3743010d86a-00", number);
    if (target) {
        seen.conversation = target->conversation;
        seen.page = target->asks_for_messages ? parse_number(target->page.value_or("1")).value_or(0) : kTheConversation;
        seen.items_per_page = parse_number(target->items_per_page.value_or("0")).value_or(0);
    }
    return seen;
}

} // namespace

Simulator::Simulator(std::variant<World, Conversations> held, Switches switches)
    : holdings_{std::make_shared<Holdings const>(std::move(held))},
      behaviour_{std::make_shared<Behaviour>(std::move(switches))},
      server_{std::make_unique<HostileServer>(answering([this](Peer& peer, Asked const& asked) {
          ++in_flight_;
          auto const after = answer(peer, asked);
          --in_flight_;
          return after;
      }),
          HostileServer::Family::ipv4, std::chrono::seconds{0})}
{
}

Simulator::~Simulator() = default;

Connection Simulator::answer(Peer& peer, Asked const& asked)
{
    auto const behaviour = this->behaviour();
    auto const holdings = this->holdings();
    auto const& switches = behaviour->switches();
    auto const target = parse_target(asked.head.getURI(), switches.prefix);
    auto request_seen = seen_in(asked, switches, target, ++answers_);

    auto const ruling = behaviour->rule_on_call();
    auto const* const fault =
        ruling.admitted ? behaviour->strike(request_seen.conversation, request_seen.page) : nullptr;
    auto const replaced = fault != nullptr && replaces_page(fault->kind);
    auto page = !ruling.admitted ? PageAnswer{error_answer(429, "TOO_MANY_REQUESTS", "Rate limit exceeded")}
        : replaced               ? PageAnswer{fault_answer(*fault)}
                                 : plain_answer(*holdings, *behaviour, fault, asked, target);
    page.answer.headers.insert(page.answer.headers.end(), ruling.headers.begin(), ruling.headers.end());
    if (!replaced || fault->quotes.empty()) { // else it has one of its own
        page.answer.headers.emplace_back("X-Trace-ID", request_seen.trace_id);
    }
    if (page.is_page) {
        behaviour->page_answered(request_seen.conversation, request_seen.page);
    }
    request_seen.status = fault == nullptr ? page.answer.status : visible_status(*fault, page.answer);
    auto const result = fault != nullptr ? Result::fault : page.is_page ? Result::page : Result::other;
    add(request_seen, result, switches.recording, in_flight_);

    auto const after = asked.head.getKeepAlive() && switches.framing != Framing::until_close ? Connection::keep_alive
                                                                                             : Connection::close;
    if (switches.latency.count() != 0 && !peer.nap(switches.latency)) {
        return Connection::close;
    }
    bool const packs = page.is_page && switches.packing == Packing::gzip
        && asked.head.get("Accept-Encoding", "").find("gzip") != std::string::npos;
    if (packs && fault == nullptr) {
        page = PageAnswer{Answer{page.answer.status, page.answer.headers, gzipped(page_body(page))}};
        page.answer.headers.emplace_back("Content-Encoding", "gzip");
    }
    return send_answer(peer, fault, page, switches.framing, after);
}

std::uint16_t Simulator::port() const
{
    return server_->port();
}

std::string Simulator::base_url() const
{
    return "http://127.0.0.1:" + std::to_string(port()) + switches().prefix;
}

std::shared_ptr<Behaviour> Simulator::behaviour() const
{
    std::lock_guard lock{mutex_};
    return behaviour_;
}

std::shared_ptr<Holdings const> Simulator::holdings() const
{
    std::lock_guard lock{mutex_};
    return holdings_;
}

void Simulator::hold(std::variant<World, Conversations> held)
{
    auto next = std::make_shared<Holdings const>(std::move(held));
    std::lock_guard lock{mutex_};
    holdings_ = std::move(next);
}

void Simulator::set_switches(Switches switches)
{
    auto next = std::make_shared<Behaviour>(std::move(switches));
    std::lock_guard lock{mutex_};
    behaviour_ = std::move(next);
}

Switches Simulator::switches() const
{
    return behaviour()->switches();
}

bool Simulator::has_changed(std::string const& conversation) const
{
    return behaviour()->changed(conversation) == Changed::yes;
}

} // namespace backfill::test
