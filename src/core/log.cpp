#include "backfill/core/log.hpp"

#include "backfill/core/utf8.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <mutex>

#include <unistd.h>

namespace backfill {
namespace {

void write_line(int descriptor, std::string_view line, std::mutex& mutex)
{
    std::string whole{line};
    whole += '\n';
    std::lock_guard lock{mutex};
    for (std::string_view rest = whole; !rest.empty();) {
        auto const written = ::write(descriptor, rest.data(), rest.size());
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return; // a reader that went away must not end the run
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Characters that change how a terminal or a reader sees the text around them.
bool is_deceptive(char32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200B || c == 0x200E || c == 0x200F || c == 0x2028
        || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_escaped(std::string& out, std::string_view bytes, char32_t c)
{
    std::array<char, 16> text{};
    if (c < 0x80 || bytes.size() == 1) {
        std::snprintf(text.data(), text.size(), "\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(bytes[0])));
    } else {
        std::snprintf(text.data(), text.size(), "\\u{%04X}", static_cast<unsigned>(c));
    }
    out += text.data();
}

} // namespace

Log standard_streams(bool verbose)
{
    auto mutex = std::make_shared<std::mutex>();
    return {
        .out = [mutex](std::string_view line) { write_line(STDOUT_FILENO, line, *mutex); },
        .note = [mutex](std::string_view line) { write_line(STDERR_FILENO, line, *mutex); },
        .verbose = verbose,
    };
}

std::string printable(std::string_view text, std::size_t limit)
{
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        auto const next = decode_utf8(text.substr(at));
        auto const bytes = text.substr(at, next.length);
        if (out.size() + bytes.size() > limit) {
            return out + "…";
        }
        if (!next.valid || is_deceptive(next.character)) {
            append_escaped(out, next.valid ? bytes : bytes.substr(0, 1), next.character);
            at += next.valid ? next.length : 1;
            continue;
        }
        out += bytes;
        at += next.length;
    }
    return out;
}

} // namespace backfill
