#include "backfill/core/file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill {
namespace {

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

FileReplacement::FileReplacement(std::string path, Readers readers)
    : path_{std::move(path)},
      partial_{path_ + ".part"},
      file_{::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
          readers == Readers::all ? 0644 : 0600)}
{
    expect(file_ >= 0);
    if (readers == Readers::owner) {
        expect(::fchmod(file_, 0600) == 0); // it may have stood there, left by a run that was killed
    }
}

FileReplacement::~FileReplacement()
{
    if (file_ >= 0) {
        ::close(file_);
        ::unlink(partial_.c_str());
    }
}

void FileReplacement::append(std::string_view content)
{
    if (error_.empty()) {
        expect(write_all(file_, content));
    }
}

void FileReplacement::commit()
{
    if (error_.empty()) {
        expect(::fsync(file_) == 0);
    }
    if (error_.empty()) {
        expect(std::rename(partial_.c_str(), path_.c_str()) == 0);
    }
    if (error_.empty()) {
        expect(::close(std::exchange(file_, -1)) == 0);
    }
}

void FileReplacement::expect(bool done)
{
    if (!done && error_.empty()) {
        error_ = std::generic_category().message(errno);
    }
}

std::string replace_file(std::string const& path, std::string_view content)
{
    FileReplacement file{path, FileReplacement::Readers::all};
    file.append(content);
    file.commit();
    return file.error();
}

} // namespace backfill
