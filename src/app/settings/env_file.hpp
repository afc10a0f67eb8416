#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::app {

using LookUp = std::function<std::optional<std::string>(std::string const&)>;

/// The variables of env files, as dotenv and dotenv-expand read them, which Next.js does: comments, `export`, `NAME:
/// v`, quotes over several lines, `${NAME:-default}`. A quote that is never closed, or whose end is followed by
/// something, is an ordinary character. Variables that are no settings may hold anything.
class EnvFiles {
public:
    /// `environment` is where names in values are looked up first.
    explicit EnvFiles(LookUp environment) : environment_{std::move(environment)} {}

    /// Later files win. Throws UsageError for UTF-16, and for a line that names a setting and cannot be read.
    void add(std::string_view text, std::string const& path);

    struct Found {
        std::string text;
        std::string path; ///< of the file
    };

    /// The value of the last file in which it is not blank, expanded. Throws UsageError where a name in it is unknown,
    /// or leads back to it.
    std::optional<Found> find(std::string const& name) const
    {
        Path path;
        return find(name, path);
    }

    std::size_t count() const { return files_.size(); }

    /// The same of one file, where 0 is the last. Names in the value may be of any file.
    std::optional<Found> find_in(std::size_t file, std::string const& name) const
    {
        Path path;
        return find_in(files_.at(file), name, path);
    }

    /// Of all values that are not blank as they are written, and the file's path.
    std::pair<std::vector<std::string>, std::string> names_in(std::size_t file) const;

private:
    struct Value {
        std::string text;
        char quote = '\0';
        std::size_t line = 0;
    };
    struct File {
        std::string path;
        std::map<std::string, Value> values;
    };
    struct Use {
        std::string const& name; ///< of the value that is read
        File const& file;
        Value const& value;
    };
    struct Path {
        std::vector<std::string> names; ///< that are being expanded
        std::size_t steps = 0;
    };

    std::optional<Found> find(std::string const& name, Path& path) const;
    std::optional<Found> find_in(File const& file, std::string const& name, Path& path) const;
    std::string expanded(Use const& use, std::string_view text, Path& path) const;
    std::string reference(Use const& use, std::string_view& text, Path& path) const;

    LookUp environment_;
    std::vector<File> files_; ///< the last one first
};

} // namespace backfill::app
