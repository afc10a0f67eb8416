#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace backfill::test {

inline std::string content_of(std::string const& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

/// A file that lives as long as this object.
class ScratchFile {
public:
    explicit ScratchFile(std::string const& text)
    {
        path_ = (std::filesystem::temp_directory_path() / "backfill-test-XXXXXX").string();
        auto const descriptor = ::mkstemp(path_.data());
        if (descriptor < 0) {
            throw std::runtime_error{"no file can be made in the temporary folder"};
        }
        ::close(descriptor);
        std::ofstream{path_, std::ios::binary} << text;
    }
    ScratchFile(ScratchFile const&) = delete;
    ScratchFile& operator=(ScratchFile const&) = delete;
    ~ScratchFile() { std::filesystem::remove(path_); }

    std::string const& path() const { return path_; }

private:
    std::string path_;
};

/// A folder, empty at first, that lives as long as this object.
class ScratchFolder {
public:
    ScratchFolder()
    {
        path_ = (std::filesystem::temp_directory_path() / "backfill-test-XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error{"no folder can be made in the temporary folder"};
        }
    }
    ScratchFolder(ScratchFolder const&) = delete;
    ScratchFolder& operator=(ScratchFolder const&) = delete;
    ~ScratchFolder() { std::filesystem::remove_all(path_); }

    std::string const& path() const { return path_; }

    /// Of what lies in it, in order.
    std::set<std::string> names() const
    {
        std::set<std::string> found;
        for (auto const& entry : std::filesystem::directory_iterator{path_}) {
            found.insert(entry.path().filename().string());
        }
        return found;
    }

private:
    std::string path_;
};

} // namespace backfill::test
