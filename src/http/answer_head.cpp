#include "http/answer_head.hpp"

#include "backfill/core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace backfill::http {

using Kind = TransportError::Kind;

namespace {

bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `visit` with each element of a comma list over all headers of that name.
template <typename Visit>
void for_each_element(std::vector<Header> const& headers, std::string_view name, Visit visit)
{
    for (auto const& [field, value] : headers) {
        if (!equal_ignoring_case(field, name)) {
            continue;
        }
        for (std::size_t begin = 0, end = 0; begin <= value.size(); begin = end + 1) {
            end = std::min(value.find(',', begin), value.size());
            visit(trimmed(std::string_view{value}.substr(begin, end - begin)));
        }
    }
}

std::optional<std::uint64_t> content_length(AnswerHead const& head)
{
    std::optional<std::uint64_t> length;
    for_each_element(head.headers, "Content-Length", [&length](std::string_view element) {
        std::uint64_t one = 0;
        auto const [end, error] = std::from_chars(element.data(), element.data() + element.size(), one);
        if (element.empty() || error != std::errc{} || end != element.data() + element.size()) {
            throw TransportError{Kind::protocol, "a Content-Length that is no number"};
        }
        if (length && *length != one) {
            throw TransportError{Kind::protocol, "two different Content-Lengths"};
        }
        length = one;
    });
    return length;
}

} // namespace

AnswerHead parse_status_line(std::string_view line)
{
    // HTTP/1.1 200 OK; the reason may be missing
    constexpr std::string_view kName = "HTTP/1.";
    auto const number = line.substr(0, 12);
    if (number.size() < 12 || !number.starts_with(kName) || !is_digit(number[7]) || number[8] != ' '
        || !std::ranges::all_of(number.substr(9), is_digit) || number[9] == '0'
        || (line.size() > 12 && line[12] != ' ')) {
        throw TransportError{Kind::protocol, "no HTTP/1 status line"};
    }
    AnswerHead head;
    head.minor_version = number[7] - '0';
    std::from_chars(number.data() + 9, number.data() + 12, head.status);
    return head;
}

void add_header_line(std::string_view line, std::vector<Header>& headers)
{
    if (has_control_character(line)) {
        throw TransportError{Kind::protocol, "a control character in a header"};
    }
    if (line.starts_with(' ') || line.starts_with('\t')) {
        if (headers.empty()) {
            throw TransportError{Kind::protocol, "a blank before the first header"};
        }
        auto& value = headers.back().second;
        auto const more = trimmed(line);
        value.append(value.empty() || more.empty() ? "" : " ").append(more);
        return;
    }
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        throw TransportError{Kind::protocol, "a header line without a name"};
    }
    headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

BodyFraming body_framing(AnswerHead const& head)
{
    if (head.status == 204 || head.status == 304) {
        return {};
    }
    auto const length = content_length(head);
    int codings = 0;
    bool chunked = false;
    for_each_element(head.headers, "Transfer-Encoding", [&](std::string_view element) {
        ++codings;
        chunked = equal_ignoring_case(element, "chunked");
    });
    if (codings > 1 || (codings == 1 && !chunked)) {
        throw TransportError{Kind::protocol, "a transfer encoding that was not asked for"};
    }
    if (chunked) {
        return {BodyFraming::Kind::chunks, 0, length.has_value()};
    }
    if (length) {
        return {BodyFraming::Kind::length, *length, false};
    }
    return {BodyFraming::Kind::to_close, 0, false};
}

bool keeps_alive(AnswerHead const& head)
{
    bool close = false;
    bool keep = head.minor_version >= 1;
    for_each_element(head.headers, "Connection", [&](std::string_view element) {
        close = close || equal_ignoring_case(element, "close");
        keep = keep || equal_ignoring_case(element, "keep-alive");
    });
    return keep && !close;
}

bool is_token(std::string_view text)
{
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [kMarks](char letter) {
        return is_ascii_alphanumeric(letter) || kMarks.find(letter) != std::string_view::npos;
    });
}

bool has_control_character(std::string_view text)
{
    return std::ranges::any_of(text, [](char letter) {
        auto const code = static_cast<unsigned char>(letter);
        return (code < 0x20 && letter != '\t') || code == 0x7f;
    });
}

} // namespace backfill::http
