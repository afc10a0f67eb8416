#include "backfill/core/log.hpp"

#include "backfill/core/utf8.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace backfill {
namespace {

/// What is left of `text`: empty = all of it was written. A file that is full may take a part.
std::string_view written_to(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        auto const written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            break; // an output that fails must not end the run
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return text;
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

struct StandardStreams::State {
    void write_line(int descriptor, std::string_view line)
    {
        std::lock_guard lock{mutex};
        auto& is_torn = torn.at(static_cast<std::size_t>(descriptor));
        std::string whole{is_torn ? "\n" : ""};
        whole.append(line) += '\n';
        auto const left = written_to(descriptor, whole);
        auto const error = errno;
        is_torn = left.empty() ? false : is_torn || left.size() < whole.size();
        if (!left.empty() && descriptor == STDOUT_FILENO && error != EPIPE && output_error.empty()) {
            output_error = std::generic_category().message(error);
        }
    }

    std::mutex mutex;
    std::array<bool, 3> torn{}; ///< by descriptor: a part of a line was written, then no more
    std::string output_error;
};

StandardStreams::StandardStreams() : state_{std::make_shared<State>()}
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) < 0) {
            ::open("/dev/null", O_RDWR); // gets the lowest free number: this one
        }
    }
}

Log StandardStreams::log(bool verbose) const
{
    return {
        .out = [state = state_](std::string_view line) { state->write_line(STDOUT_FILENO, line); },
        .note = [state = state_](std::string_view line) { state->write_line(STDERR_FILENO, line); },
        .verbose = verbose,
    };
}

std::string StandardStreams::output_error() const
{
    std::lock_guard lock{state_->mutex};
    return state_->output_error;
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
