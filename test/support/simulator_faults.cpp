#include "support/simulator_faults.hpp"

#include <Poco/DeflatingStream.h>

#include <algorithm>
#include <map>
#include <sstream>

namespace backfill::test {
namespace {

/// A key and a value that go into the page's first message, where default columns don't look: what must be stored is
/// the same as without them.
std::string injected_text(Fault const& fault)
{
    switch (fault.kind) {
    case FaultKind::lone_surrogate:
        return R"("injected":["\ud83d","\ude1f\ud83d"])";
    case FaultKind::invalid_utf8:
        return "\"injected\":[\"\xff\",\"\xc3(\",\"\xed\xa0\xbd\",\"\xe2\x82\"]";
    case FaultKind::nul_escape:
        return R"("injected":"a\u0000b")";
    case FaultKind::huge_integer:
        return R"("injected":[123456789012345678901234567890,-1e400,18446744073709551617])";
    case FaultKind::deep_nesting: {
        auto const depth = fault.size == 0 ? 100'000 : fault.size;
        return R"("injected":)" + std::string(depth, '[') + std::string(depth, ']');
    }
    default:
        return {};
    }
}

Connection send_huge(Peer& peer, Fault const& fault, Answer const& answer, std::string const& body, Connection after)
{
    constexpr std::string_view kBefore = R"({"padding":")";
    constexpr std::string_view kAfter = R"(",)";
    auto const wanted = fault.size == 0 ? std::size_t{100'000'000} : fault.size;
    auto const fixed = kBefore.size() + kAfter.size() + body.size() - 1;
    auto padding = wanted - std::min(wanted, fixed);
    peer.send(head_text(answer, Framing::length, after, fixed + padding));
    peer.send(kBefore);
    std::string const block(65'536, 'x');
    while (padding != 0) {
        auto const size = std::min(padding, block.size());
        peer.send(std::string_view{block}.substr(0, size));
        padding -= size;
    }
    peer.send(kAfter);
    peer.send(std::string_view{body}.substr(1));
    return after;
}

/// Packed once for all, as that takes a second.
std::string const& bomb(std::size_t wanted)
{
    auto const size = wanted == 0 ? std::size_t{100'000'000} : wanted;
    static std::mutex mutex;
    static std::map<std::size_t, std::string> bombs;
    std::lock_guard lock{mutex};
    auto& packed = bombs[size];
    if (packed.empty()) {
        packed = gzipped(std::string(size, ' ')); // white space: nothing that a parser could refuse early
    }
    return packed;
}

void send_interim(Peer& peer, Fault const& fault)
{
    for (std::size_t i = 0; i < std::max<std::size_t>(fault.size, 1); ++i) {
        peer.send("HTTP/1.1 " + std::to_string(fault.status) + " Interim\r\nLink: </style.css>; rel=preload\r\n\r\n");
    }
}

/// What `injected_text` says, where there is no page to put it into: in the first of PostgREST's rows.
std::string injected_body(std::string const& injected, std::string const& body)
{
    constexpr std::string_view kRow = "[{";
    if (injected.empty()) {
        return body;
    }
    return body.starts_with(kRow) ? std::string{kRow} + injected + "," + body.substr(kRow.size())
                                  : "[{" + injected + "}]";
}

void send_slowly(Peer& peer, std::string_view bytes, std::chrono::milliseconds interval)
{
    for (auto const byte : bytes) {
        if (!peer.send({&byte, 1}) || !peer.nap(interval)) {
            return;
        }
    }
}

/// The answer in the fault's way.
Connection deliver(Peer& peer, Fault const& fault, PageAnswer const& page, Framing framing, Connection connection)
{
    auto const injected = injected_text(fault);
    auto const body = page.is_page ? page_body(page, injected) : injected_body(injected, page.answer.body);
    auto const half = std::string_view{body}.substr(0, body.size() / 2);
    auto const with_length = head_text(page.answer, Framing::length, connection, body.size());
    auto const with_chunks = [&] { return head_text(page.answer, Framing::chunked, connection, 0); };
    auto whole = [&](Answer const& answer, std::string_view text) {
        peer.send(head_text(answer, framing, connection, text.size()) + framed_body(std::string{text}, framing));
        return connection;
    };
    switch (fault.kind) {
    case FaultKind::reset:
        peer.reset();
        break;
    case FaultKind::close:
        break;
    case FaultKind::close_after:
        peer.send(with_length + body);
        break;
    case FaultKind::cut_header:
        peer.send(std::string_view{with_length}.substr(0, with_length.size() / 2));
        break;
    case FaultKind::cut_length:
        peer.send(with_length + std::string{half});
        break;
    case FaultKind::cut_chunk: {
        auto const chunks = framed_body(body, Framing::chunked, 1000);
        peer.send(with_chunks() + chunks.substr(0, chunks.size() / 2));
        break;
    }
    case FaultKind::missing_last_chunk: {
        auto const chunks = framed_body(body, Framing::chunked, 1000);
        peer.send(with_chunks() + chunks.substr(0, chunks.size() - 5));
        break;
    }
    case FaultKind::hang:
        peer.wait_for_hang_up();
        break;
    case FaultKind::stall:
        peer.send(with_length + std::string{half});
        peer.wait_for_hang_up();
        break;
    case FaultKind::drip:
        send_slowly(peer, with_length + body, fault.interval);
        return connection;
    case FaultKind::drip_body:
        peer.send(with_length);
        send_slowly(peer, body, fault.interval);
        return connection;
    case FaultKind::gzip: {
        auto answer = page.answer;
        answer.headers.emplace_back("Content-Encoding", "gzip");
        return whole(answer, gzipped(body));
    }
    case FaultKind::gzip_bomb: {
        auto answer = page.answer;
        answer.headers.emplace_back("Content-Encoding", "gzip");
        return whole(answer, bomb(fault.size));
    }
    case FaultKind::interim:
        send_interim(peer, fault);
        return whole(page.answer, body);
    case FaultKind::broken_json:
        return whole(page.answer, half);
    case FaultKind::huge_body:
        return send_huge(peer, fault, page.answer, body, connection);
    default:
        return whole(page.answer, body);
    }
    return Connection::close;
}

} // namespace

std::string gzipped(std::string const& body)
{
    std::ostringstream out;
    Poco::DeflatingOutputStream gzip{out, Poco::DeflatingStreamBuf::STREAM_GZIP};
    gzip << body;
    gzip.close();
    return out.str();
}

Behaviour::Behaviour(Switches switches)
    : switches_{std::move(switches)}, strikes_(switches_.faults.size()), quota_{switches_.quota}
{
    for (auto const& fault : switches_.faults) {
        if (fault.kind == FaultKind::gzip_bomb) {
            bomb(fault.size); // now, not when somebody waits for it
        }
    }
}

Ruling Behaviour::rule_on_call()
{
    std::lock_guard lock{mutex_};
    return quota_.call(std::chrono::steady_clock::now());
}

Fault const* Behaviour::strike(std::string const& conversation, int page)
{
    std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < strikes_.size(); ++i) {
        auto const& fault = switches_.faults[i];
        if ((!fault.conversation.empty() && fault.conversation != conversation)
            || (fault.page != 0 && fault.page != page)) {
            continue;
        }
        auto& seen = strikes_[i];
        if (seen >= fault.after && seen - fault.after >= fault.times) {
            continue; // spent
        }
        ++seen;
        if (seen > fault.after) {
            return &fault;
        }
    }
    return nullptr;
}

Changed Behaviour::changed(std::string const& conversation) const
{
    if (switches_.change == Change::none) {
        return Changed::no;
    }
    std::lock_guard lock{mutex_};
    return changed_.contains(conversation) ? Changed::yes : Changed::no;
}

void Behaviour::page_answered(std::string const& conversation, int page)
{
    if (switches_.change != Change::none && page == switches_.change_after_page) {
        std::lock_guard lock{mutex_};
        changed_.insert(conversation);
    }
}

int visible_status(Fault const& fault, Answer const& answer)
{
    switch (fault.kind) {
    case FaultKind::reset:
    case FaultKind::close:
    case FaultKind::cut_header:
    case FaultKind::hang:
        return 0;
    default:
        return answer.status;
    }
}

Connection send_answer(Peer& peer, Fault const* fault, PageAnswer const& page, Framing framing, Connection connection)
{
    if (fault != nullptr) {
        return deliver(peer, *fault, page, framing, connection);
    }
    auto const body = page.is_page ? page_body(page) : page.answer.body;
    peer.send(head_text(page.answer, framing, connection, body.size()) + framed_body(body, framing));
    return connection;
}

} // namespace backfill::test
