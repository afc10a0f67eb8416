#include "backfill/core/file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace backfill {
namespace {

std::string last_error()
{
    return std::generic_category().message(errno);
}

bool write_all(int file, std::string_view content)
{
    while (!content.empty()) {
        auto const written = ::write(file, content.data(), content.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

std::string replace_file(std::string const& path, std::string_view content)
{
    auto const partial = path + ".part";
    int const file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) {
        return last_error();
    }
    auto error = write_all(file, content) && ::fsync(file) == 0 ? std::string{} : last_error();
    if (::close(file) != 0 && error.empty()) {
        error = last_error();
    }
    if (error.empty() && std::rename(partial.c_str(), path.c_str()) != 0) {
        error = last_error();
    }
    if (!error.empty()) {
        ::unlink(partial.c_str());
    }
    return error;
}

} // namespace backfill
