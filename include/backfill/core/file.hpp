#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace backfill {

/// Puts new content in the place of a file. One thread at a time.
///
/// A regular file, or none, is replaced as a whole, through a symbolic link at its target: a reader at any moment, or
/// after a crash, finds the old or the new content. Owner and mode stay. Until commit() the new content is in
/// PATH.freshchat-backfill.part, or …part2 to …part9 while others (processes too) replace the same file. Needs write
/// permission on the folder.
///
/// With Manner::append a regular file that is there keeps what it holds, and gets the new content behind that at
/// commit(), in place: whoever watches it holds it by its inode.
///
/// What is no regular file, and /dev/stdout, /dev/stderr and /dev/fd/N whatever they are, is written through at
/// commit(), if there is something to write; it is not opened before, since the reader of a FIFO would see its end.
class FileReplacement {
public:
    enum class Readers { all, owner }; ///< `owner` takes from others, the group too, the right to read an older file

    enum class Manner { replace, append };

    FileReplacement(std::string const& path, Readers readers, Manner manner = Manner::replace);
    FileReplacement(FileReplacement const&) = delete;
    FileReplacement& operator=(FileReplacement const&) = delete;
    ~FileReplacement(); ///< leaves the old file as it was, unless commit() was called

    void append(std::string_view content);

    /// `patience`: how long the reader of a FIFO or a pipe may take to come, and to go on.
    void commit(std::chrono::milliseconds patience = kPatience);
    static constexpr std::chrono::seconds kPatience{5};

    /// Why the first failed step failed; "" while none has. Later steps do nothing.
    std::string const& error() const { return error_; }

private:
    void open_partial(Readers readers);
    bool open_to_append();
    bool write_through(std::chrono::milliseconds patience) const;
    void expect(bool done);

    std::string path_;    ///< what symbolic links lead to
    std::string partial_; ///< "" for what is written through
    int file_ = -1;       ///< of the partial file, the file that grows, or a duplicate of the standard descriptor
    std::string pending_; ///< of what is written through
    std::string error_;
};

/// The content of a file; nothing where it cannot be read.
std::optional<std::string> whole_file(std::string const& path);

/// What the system says of a file that could not be read: "Permission denied", "Is a directory". Both in file_read.cpp.
std::string why_unreadable(std::string const& path);

/// Whether FileReplacement replaces what is at `path`, rather than to write through it.
bool is_replaceable(std::string const& path);

/// Replaces the file in one call, readable by all. Returns why it failed, "" on success.
std::string replace_file(std::string const& path, std::string_view content,
    FileReplacement::Readers readers = FileReplacement::Readers::all);

/// Calls `take` with the name of each partial file of `path` that a killed process left; one that another process still
/// writes is passed by. Removes those for which it returns true.
void take_leftovers(std::string const& path, std::function<bool(std::string const& name)> const& take);

} // namespace backfill
