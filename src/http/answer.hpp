#pragma once

#include "http/answer_head.hpp"
#include "http/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::http {

/// Reads one answer from a connection by the rules of RFC 9112. docs/architecture.md says why Poco's HTTPClientSession
/// does not. An answer without Content-Length and chunks ends with the connection; only over TLS (by its close_notify)
/// can it be told from a cut one. Everything throws TransportError: a stream that ends is closed before the answer's
/// first byte, truncated after it.
class AnswerReader {
public:
    /// `buffer` is working space to be lent again for the next answer: clearing 16 KiB costs more than reading most
    /// answers.
    AnswerReader(
        Connection& connection, Patience const& patience, std::size_t max_body_bytes, std::vector<char>& buffer);

    /// The final answer with its whole body; 1xx answers before it are skipped.
    Reply read_reply();

    /// The head of the final answer alone, for CONNECT.
    AnswerHead read_head();

    /// Whether the connection can carry another request: both sides keep it open, and no unread byte is left.
    bool connection_is_reusable() const { return keep_alive_ && !has_left_over(); }
    bool has_left_over() const { return !unread_.empty(); }

private:
    std::string read_body(AnswerHead const& head);
    void read_exactly(std::uint64_t length, std::string& body);
    void read_chunks(std::string& body);
    void read_to_close(std::string& body);

    /// A line without its end. Shrinks `room`, the bytes that lines may still take.
    std::string read_line(std::size_t& room);

    /// Makes at least one byte available; false at the end of the stream.
    bool fill();
    void must_fill(std::string_view reading);

    Connection& connection_;
    Patience const& patience_;
    std::size_t const max_body_bytes_;
    std::vector<char>& chunk_;
    std::string_view unread_; ///< of chunk_
    bool begun_ = false;
    bool keep_alive_ = false;
};

} // namespace backfill::http
