#include "http/answer.hpp"

#include "backfill/core/ascii.hpp"
#include "http/gunzip.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

/// The size of a read: a TLS record holds 16 KiB.
constexpr std::size_t kChunkBytes = 16U << 10U;

/// For all header lines of an answer. Node and nginx allow 16 to 32 KiB.
constexpr std::size_t kMaxHeadBytes = 64U << 10U;

/// More than this are taken for an endless stream.
constexpr int kMaxInterimAnswers = 16;

TransportError too_large(std::size_t limit)
{
    return TransportError{Kind::protocol, "the body is larger than " + std::to_string(limit) + " bytes"};
}

std::uint64_t chunk_size(std::string_view line)
{
    std::uint64_t size = 0;
    auto const [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    auto const rest = line.substr(static_cast<std::size_t>(end - line.data()));
    auto const extension = rest.find_first_not_of(" \t");
    if (error != std::errc{} || (extension != std::string_view::npos && rest[extension] != ';')) {
        throw TransportError{Kind::protocol, "a chunk without a size"};
    }
    return size;
}

} // namespace

AnswerReader::AnswerReader(
    Connection& connection, Patience const& patience, std::size_t max_body_bytes, std::vector<char>& buffer)
    : connection_{connection}, patience_{patience}, max_body_bytes_{max_body_bytes}, chunk_{buffer}
{
    chunk_.resize(kChunkBytes);
}

Reply AnswerReader::read_reply()
{
    auto head = read_head();
    auto body = read_body(head);
    Reply reply{head.status, std::move(head.headers), std::move(body)};
    auto const encoding = reply.header("Content-Encoding").value_or("");
    if ((equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip")) && !reply.body.empty()) {
        reply.body = gunzip(reply.body, max_body_bytes_);
    }
    return reply;
}

AnswerHead AnswerReader::read_head()
{
    for (int interim = 0; interim <= kMaxInterimAnswers; ++interim) {
        auto room = kMaxHeadBytes;
        auto head = parse_status_line(read_line(room));
        for (auto line = read_line(room); !line.empty(); line = read_line(room)) {
            add_header_line(line, head.headers);
        }
        if (head.status >= 200) {
            return head;
        }
        if (head.status == 101) {
            throw TransportError{Kind::protocol, "the server switched protocols unasked"};
        }
        begun_ = !unread_.empty();
    }
    throw TransportError{Kind::protocol, "too many interim answers"};
}

std::string AnswerReader::read_body(AnswerHead const& head)
{
    auto const framing = body_framing(head);
    keep_alive_ = keeps_alive(head) && framing.kind != BodyFraming::Kind::to_close && !framing.ambiguous;
    std::string body;
    if (framing.kind == BodyFraming::Kind::length) {
        read_exactly(framing.length, body);
    } else if (framing.kind == BodyFraming::Kind::chunks) {
        read_chunks(body);
    } else if (framing.kind == BodyFraming::Kind::to_close) {
        read_to_close(body);
    }
    return body;
}

void AnswerReader::read_exactly(std::uint64_t length, std::string& body)
{
    if (length > max_body_bytes_ - body.size()) {
        throw too_large(max_body_bytes_);
    }
    auto const whole = body.size() + static_cast<std::size_t>(length);
    // Not `whole` at once: the announced bytes may never come.
    body.reserve(std::max(body.capacity(), std::min(whole, body.size() + 16 * kChunkBytes)));
    while (body.size() < whole) {
        must_fill("body");
        auto const part = unread_.substr(0, whole - body.size());
        body.append(part);
        unread_.remove_prefix(part.size());
    }
}

void AnswerReader::read_chunks(std::string& body)
{
    auto room = kMaxHeadBytes;
    while (true) {
        auto line_room = std::size_t{4096};
        auto const size = chunk_size(read_line(line_room));
        if (size == 0) {
            break;
        }
        read_exactly(size, body);
        if (!read_line(line_room).empty()) {
            throw TransportError{Kind::protocol, "a chunk longer than its size"};
        }
    }
    // Trailers are skipped, lest they become the next answer's head.
    while (!read_line(room).empty()) {}
}

void AnswerReader::read_to_close(std::string& body)
{
    while (fill()) {
        if (unread_.size() > max_body_bytes_ - body.size()) {
            throw too_large(max_body_bytes_);
        }
        body.append(std::exchange(unread_, {}));
    }
}

std::string AnswerReader::read_line(std::size_t& room)
{
    std::string line;
    while (true) {
        must_fill("header or chunk line");
        auto const end = unread_.find('\n');
        auto const length = end == std::string_view::npos ? unread_.size() : end + 1;
        if (length > room) {
            throw TransportError{Kind::protocol, "header or chunk lines too long"};
        }
        room -= length;
        line.append(unread_.substr(0, length));
        unread_.remove_prefix(length);
        if (end != std::string_view::npos) {
            line.pop_back();
            if (line.ends_with('\r')) {
                line.pop_back();
            }
            return line;
        }
    }
}

bool AnswerReader::fill()
{
    if (unread_.empty()) {
        try {
            unread_ = {chunk_.data(), connection_.read(chunk_, patience_)};
        } catch (TransportError const& fault) {
            if (fault.kind == Kind::closed && begun_) {
                throw TransportError{Kind::truncated, fault.detail};
            }
            throw;
        }
        begun_ = begun_ || !unread_.empty();
    }
    return !unread_.empty();
}

void AnswerReader::must_fill(std::string_view reading)
{
    if (!fill()) {
        throw begun_ ? TransportError{Kind::truncated, "closed inside a " + std::string{reading}}
                     : TransportError{Kind::closed, "before the answer"};
    }
}

} // namespace backfill::http
