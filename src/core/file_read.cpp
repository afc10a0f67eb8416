#include "backfill/core/file.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace backfill {

std::optional<std::string> whole_file(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    std::string text;
    std::array<char, 1U << 16U> part{};
    do { // in place of a stream's iterators, which throw at a folder
        file.read(part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(file.gcount()));
    } while (file);
    return file.is_open() && !file.bad() ? std::optional{std::move(text)} : std::nullopt;
}

std::string why_unreadable(std::string const& path)
{
    auto const file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char first = 0;
    bool const fails = file < 0 || ::read(file, &first, 1) < 0;
    auto const error = fails ? errno : EIO; // it could not be read before
    if (file >= 0) {
        ::close(file);
    }
    return std::generic_category().message(error);
}

} // namespace backfill
