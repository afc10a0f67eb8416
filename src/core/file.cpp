#include "backfill/core/file.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
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

void close_keeping_errno(int file)
{
    auto const error = errno;
    ::close(file);
    errno = error;
}

/// The lock ends when the file is closed, also by the death of the process. A file system without locks counts as
/// locking.
bool lock(int file)
{
    return ::flock(file, LOCK_EX | LOCK_NB) == 0 || errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS;
}

/// Whether `name` is still the open file's. Sets errno for the case that it is not: another process removed it.
bool is_at(std::string const& name, int file)
{
    struct stat opened {};
    struct stat named {};
    bool const both = ::fstat(file, &opened) == 0 && ::lstat(name.c_str(), &named) == 0;
    errno = ENOENT;
    return both && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// Removes the leftover of a killed process: its lock is free. Returns false when the file is in use or cannot be
/// removed.
bool clear_away(std::string const& name)
{
    auto const file = ::open(name.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT;
    }
    bool const cleared = lock(file) && (!is_at(name, file) || ::unlink(name.c_str()) == 0);
    close_keeping_errno(file);
    return cleared;
}

/// Creates a file and locks it, so that no other process clears it away. Returns -1, with errno, on failure.
int make(std::string const& name, mode_t mode)
{
    constexpr int kTries = 100; // other processes may interfere
    for (int i = 0; i < kTries; ++i) {
        auto const file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (file >= 0 && lock(file) && is_at(name, file)) {
            return file;
        }
        if (file >= 0) { // another process took it for a leftover before it was locked
            close_keeping_errno(file);
        } else if (errno != EEXIST || !clear_away(name)) {
            return -1;
        }
    }
    errno = EAGAIN;
    return -1;
}

} // namespace

FileReplacement::FileReplacement(std::string path, Readers readers) : path_{std::move(path)}
{
    struct stat old {};
    if (::stat(path_.c_str(), &old) == 0 && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        expect(false);
        return;
    }
    constexpr int kNames = 9; // at most 9 processes at once; killed ones leave no more files than that
    for (int i = 1; file_ < 0 && i <= kNames; ++i) {
        partial_ = path_ + ".part" + (i == 1 ? "" : std::to_string(i));
        file_ = make(partial_, readers == Readers::all ? 0644 : 0600);
        if (file_ < 0 && errno == ENOENT) {
            break; // the folder does not exist
        }
    }
    expect(file_ >= 0);
}

FileReplacement::~FileReplacement()
{
    if (file_ >= 0) {
        if (is_at(partial_, file_)) {
            ::unlink(partial_.c_str());
        }
        ::close(file_);
    }
}

void FileReplacement::append(std::string_view content)
{
    expect(error_.empty() && write_all(file_, content));
}

void FileReplacement::commit()
{
    expect(error_.empty() && ::fsync(file_) == 0 && is_at(partial_, file_)
        && std::rename(partial_.c_str(), path_.c_str()) == 0 && ::close(std::exchange(file_, -1)) == 0);
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
