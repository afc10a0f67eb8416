#include "fuzz/fuzz.hpp"

#include "http/answer_head.hpp"

// A status line and header lines. What is accepted holds nothing that could pass for another line, whoever wrote it,
// and its body has one length.

namespace {

using namespace backfill;

http::AnswerHead read_head(std::string_view rest)
{
    auto head = http::parse_status_line(fuzz::take_until(rest, '\n'));
    while (!rest.empty()) {
        auto const line = fuzz::take_until(rest, '\n');
        if (line.empty()) {
            break;
        }
        http::add_header_line(line, head.headers);
    }
    return head;
}

void check_headers(http::AnswerHead const& head)
{
    fuzz::require(head.status >= 100 && head.status <= 999, "a status has three digits");
    fuzz::require(head.minor_version >= 0 && head.minor_version <= 9, "HTTP/1.x");
    for (auto const& [name, value] : head.headers) {
        fuzz::require(http::is_token(name), "a header's name is a token");
        fuzz::require(!http::has_control_character(value), "a header's value has no control character");
        fuzz::require(value.empty() || (value.front() != ' ' && value.front() != '\t'), "a value is trimmed");
    }
}

void check_framing(http::AnswerHead const& head)
{
    using Kind = http::BodyFraming::Kind;
    auto const framing = http::body_framing(head);
    http::Reply const reply{head.status, head.headers, {}};
    auto const length = reply.header("Content-Length");
    auto const coding = reply.header("Transfer-Encoding");
    bool const empty = head.status == 204 || head.status == 304;
    fuzz::require(!empty || framing.kind == Kind::none, "204 and 304 have no body");
    fuzz::require(empty || framing.kind != Kind::none, "others have one");
    fuzz::require(framing.kind != Kind::length || (length && !coding), "a length comes from Content-Length");
    fuzz::require(framing.kind != Kind::chunks || coding, "chunks come from Transfer-Encoding");
    fuzz::require(framing.kind != Kind::to_close || (!length && !coding), "only without either the end counts");
    fuzz::require(framing.kind == Kind::length || framing.length == 0, "no other kind has a length");
    fuzz::require(!framing.ambiguous || framing.kind == Kind::chunks, "both: the chunks count");
    if (framing.kind == Kind::length) {
        fuzz::require(http::body_framing(head).length == framing.length, "the same each time");
        auto doubled = head;
        doubled.headers.emplace_back("content-length", std::to_string(framing.length));
        fuzz::require(http::body_framing(doubled).length == framing.length, "the same length twice is one length");
        doubled.headers.emplace_back("content-length", std::to_string(framing.length ^ 1U));
        try {
            http::body_framing(doubled);
            fuzz::require(false, "two lengths are refused");
        } catch (http::TransportError const&) { // NOLINT(bugprone-empty-catch): as it must be
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    try {
        auto head = read_head(fuzz::view(data, size));
        check_headers(head);
        check_framing(head);
        head.headers.emplace_back("connection", "x, Close");
        fuzz::require(!http::keeps_alive(head), "close wins over whatever else is said");
    } catch (http::TransportError const& fault) {
        fuzz::require(fault.kind == http::TransportError::Kind::protocol, "what is refused is a protocol fault");
        fuzz::require(fuzz::is_storable(fault.detail), "its text holds nothing of the answer");
    }
    return 0;
}
