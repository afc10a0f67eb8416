#include "backfill/core/file.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill {
namespace {

constexpr int kNames = 9; // at most 9 processes at once; killed ones leave no more files than that

std::string partial_name(std::string const& path, int number)
{
    return path + ".freshchat-backfill.part" + (number == 1 ? "" : std::to_string(number));
}

/// The number of the descriptor that the path stands for.
std::optional<int> descriptor_of(std::string_view path)
{
    if (path == "/dev/stdout" || path == "/dev/stderr") {
        return path == "/dev/stdout" ? STDOUT_FILENO : STDERR_FILENO;
    }
    for (std::string const& folder :
        {std::string{"/dev/fd/"}, std::string{"/proc/self/fd/"}, "/proc/" + std::to_string(::getpid()) + "/fd/"}) {
        int number = -1;
        if (path.starts_with(folder)
            && std::from_chars(path.data() + folder.size(), path.data() + path.size(), number).ptr
                == path.data() + path.size()) {
            return number;
        }
    }
    return std::nullopt;
}

/// What is at the end of symbolic links, which need not exist.
std::string target_of(std::string const& path)
{
    constexpr int kLongestChain = 40; // as in Linux
    std::filesystem::path target{path};
    std::error_code error;
    for (int i = 0; i < kLongestChain && !descriptor_of(target.native()); ++i) {
        if (!std::filesystem::is_symlink(target, error)) {
            break;
        }
        target = target.parent_path() / std::filesystem::read_symlink(target, error);
    }
    return target;
}

bool is_written_through(std::string const& target)
{
    struct stat there {};
    return descriptor_of(target)
        || (::stat(target.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode));
}

/// The new file gets the old one's owner, as far as this user may give it, and mode.
bool take_after(struct stat const& old, int file, FileReplacement::Readers readers)
{
    struct stat own {};
    if (::fstat(file, &own) == 0 && (own.st_uid != old.st_uid || own.st_gid != old.st_gid)) {
        (void)!::fchown(file, old.st_uid, old.st_gid);
    }
    auto const private_to_owner = readers == FileReplacement::Readers::owner;
    return ::fchmod(file, old.st_mode & (private_to_owner ? 0600U : 0777U)) == 0;
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

/// Removes the leftover of a killed process, whose lock is free, if `take` allows it. Returns false when the file is in
/// use or cannot be removed.
bool clear_away(std::string const& name, std::function<bool(std::string const&)> const& take)
{
    auto const file = ::open(name.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT;
    }
    bool const cleared = lock(file) && (!is_at(name, file) || (take(name) && ::unlink(name.c_str()) == 0));
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
        } else if (errno != EEXIST || !clear_away(name, [](auto const&) { return true; })) {
            return -1;
        }
    }
    errno = EAGAIN;
    return -1;
}

} // namespace

FileReplacement::FileReplacement(std::string const& path, Readers readers, Manner manner) : path_{target_of(path)}
{
    if (!is_written_through(path_)) {
        if (manner == Manner::replace || !open_to_append()) {
            open_partial(readers);
        }
    } else if (auto const descriptor = descriptor_of(path_)) {
        file_ = ::fcntl(*descriptor, F_DUPFD_CLOEXEC, 0);
        expect(file_ >= 0);
    } else {
        expect(::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) == 0);
    }
}

/// Returns false when there is no file yet.
bool FileReplacement::open_to_append()
{
    file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    bool const is_there = file_ >= 0 || errno != ENOENT;
    expect(file_ >= 0 || !is_there);
    return is_there;
}

void FileReplacement::open_partial(Readers readers)
{
    struct stat old {};
    bool const is_old = ::stat(path_.c_str(), &old) == 0;
    if (is_old && S_ISDIR(old.st_mode)) {
        errno = EISDIR;
        expect(false);
        return;
    }
    for (int i = 1; file_ < 0 && i <= kNames; ++i) {
        partial_ = partial_name(path_, i);
        file_ = make(partial_, readers == Readers::all ? 0644 : 0600);
        if (file_ < 0 && errno == ENOENT) {
            break; // the folder does not exist
        }
    }
    expect(file_ >= 0 && (!is_old || take_after(old, file_, readers)));
}

FileReplacement::~FileReplacement()
{
    if (file_ >= 0) {
        if (!partial_.empty() && is_at(partial_, file_)) {
            ::unlink(partial_.c_str());
        }
        ::close(file_);
    }
}

void FileReplacement::append(std::string_view content)
{
    if (partial_.empty()) {
        pending_ += content;
    } else {
        expect(error_.empty() && write_all(file_, content));
    }
}

void FileReplacement::commit(std::chrono::milliseconds patience)
{
    expect(error_.empty()
        && (partial_.empty() ? write_through(patience)
                             : ::fsync(file_) == 0 && is_at(partial_, file_)
                    && std::rename(partial_.c_str(), path_.c_str()) == 0 && ::close(std::exchange(file_, -1)) == 0));
}

bool FileReplacement::write_through(std::chrono::milliseconds patience) const
{
    constexpr int kRetryMilliseconds = 20;
    auto const end = std::chrono::steady_clock::now() + patience;
    std::string_view left = pending_;
    auto file = file_;
    bool failed = false;
    while (!left.empty() && !failed && std::chrono::steady_clock::now() < end) {
        if (file < 0) {
            file = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            failed = file < 0 && errno != ENXIO && errno != EINTR; // ENXIO: a FIFO without a reader
        }
        pollfd ready{file, POLLOUT, 0}; // a negative one is waited for
        if (failed || ::poll(&ready, 1, kRetryMilliseconds) <= 0) {
            continue;
        }
        auto const written = ::write(file, left.data(), std::min<std::size_t>(left.size(), PIPE_BUF));
        failed = written < 0 && errno != EINTR && errno != EAGAIN;
        left.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    if (!left.empty() && !failed) {
        errno = ETIMEDOUT;
    }
    if (file >= 0 && file != file_) {
        close_keeping_errno(file);
    }
    return left.empty();
}

void FileReplacement::expect(bool done)
{
    if (!done && error_.empty()) {
        error_ = std::generic_category().message(errno);
    }
}

bool is_replaceable(std::string const& path)
{
    return !is_written_through(target_of(path));
}

std::string replace_file(std::string const& path, std::string_view content, FileReplacement::Readers readers)
{
    FileReplacement file{path, readers};
    file.append(content);
    file.commit();
    return file.error();
}

void take_leftovers(std::string const& path, std::function<bool(std::string const& name)> const& take)
{
    auto const target = target_of(path);
    for (int i = 1; i <= kNames; ++i) {
        (void)clear_away(partial_name(target, i), take);
    }
}

} // namespace backfill
