#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// Replaces a file as a whole: a reader at any moment, or after a crash, finds the old or the new content. Until
/// commit() the new content is in PATH.part, or in PATH.part2 to PATH.part9 while others (processes too) replace the
/// same file. Needs write permission on the folder. One thread at a time.
class FileReplacement {
public:
    enum class Readers { all, owner };

    FileReplacement(std::string path, Readers readers);
    FileReplacement(FileReplacement const&) = delete;
    FileReplacement& operator=(FileReplacement const&) = delete;
    ~FileReplacement(); ///< leaves the old file as it was, unless commit() was called

    void append(std::string_view content);
    void commit();

    /// Why the first failed step failed; "" while none has. Later steps do nothing.
    std::string const& error() const { return error_; }

private:
    void expect(bool done);

    std::string path_;
    std::string partial_;
    int file_ = -1;
    std::string error_;
};

/// Replaces the file in one call, readable by all. Returns why it failed, "" on success.
std::string replace_file(std::string const& path, std::string_view content);

} // namespace backfill
