#pragma once

#include <string>
#include <string_view>

namespace backfill {

/// A file that takes the place of another when it is whole: whoever reads it at any moment, or after a crash, finds the
/// old or the new one. Needs the right to write to its folder. Until it is whole it stands beside the old one, as
/// PATH.part, or PATH.part2 to PATH.part9 while others, also of other processes, are at work on the same. One thread at
/// a time.
class FileReplacement {
public:
    enum class Readers { all, owner };

    FileReplacement(std::string path, Readers readers);
    FileReplacement(FileReplacement const&) = delete;
    FileReplacement& operator=(FileReplacement const&) = delete;
    ~FileReplacement(); ///< leaves the old file as it was, unless commit() was called

    void append(std::string_view content);
    void commit();

    /// Why the first step that failed did; "" while none has. Steps after it do nothing.
    std::string const& error() const { return error_; }

private:
    void expect(bool done);

    std::string path_;
    std::string partial_;
    int file_ = -1;
    std::string error_;
};

/// The whole of it at once. Returns why it failed, "" when it did not.
std::string replace_file(std::string const& path, std::string_view content);

} // namespace backfill
