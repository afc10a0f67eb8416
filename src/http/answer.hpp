#pragma once

#include "http/answer_head.hpp"
#include "http/connection.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::http {

/// Reads one answer from a connection, to the rules of RFC 9112 and nothing laxer. Poco's HTTPClientSession is not used
/// for it: it returns 200 and a short body for an answer that is cut off anywhere, takes a 103 for the answer, drops
/// header lines that it cannot read, and leaves bytes behind for the next answer.
/// An answer without Content-Length and chunks ends with the connection; whether it is whole can then be told only over
/// TLS (by the close_notify). Everything throws CallFailure: closed as long as nothing of the answer has come, then
/// truncated.
class AnswerReader {
public:
    /// `buffer` is working space that a caller can lend again: clearing 16 KiB for each answer would cost more than
    /// reading most of them.
    AnswerReader(
        Connection& connection, Patience const& patience, std::size_t max_body_bytes, std::vector<char>& buffer);

    /// The final answer with its whole body; 1xx answers before it are skipped.
    Reply read_reply();

    /// The head of the final answer alone, as CONNECT needs it.
    AnswerHead read_head();

    /// True when the connection can carry another request after this answer: both sides keep it, and nothing is left
    /// over.
    bool connection_is_reusable() const { return keep_alive_ && !has_left_over(); }
    bool has_left_over() const { return begin_ != end_; }

private:
    /// The head of the next answer, 1xx or final.
    AnswerHead read_one_head();
    std::string read_body(AnswerHead const& head);
    void read_exactly(std::uint64_t length, std::string& body);
    void read_chunks(std::string& body);
    void read_to_close(std::string& body);

    /// A line without its end. `room` is what is left of the size limit for lines, and shrinks.
    std::string read_line(std::size_t& room);

    /// Makes at least one byte available; false at the end of the stream.
    bool fill();
    void must_fill(std::string_view reading);
    std::string_view available() const { return {chunk_.data() + begin_, end_ - begin_}; }

    Connection& connection_;
    Patience const& patience_;
    std::size_t const max_body_bytes_;
    std::vector<char>& chunk_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool begun_ = false;
    bool keep_alive_ = false;
};

} // namespace backfill::http
