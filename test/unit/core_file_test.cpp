#include "backfill/core/file.hpp"

#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace backfill;
using namespace backfill::test;

namespace {

using Readers = FileReplacement::Readers;

struct Folder : ScratchFolder {
    std::string file = path() + "/f.prom";
};

std::unique_ptr<FileReplacement> opened(std::string const& path)
{
    auto file = std::make_unique<FileReplacement>(path, Readers::owner);
    CHECK(file->error() == "");
    return file;
}

} // namespace

TEST_CASE("two replacements of one file at a time do not disturb each other, whichever ends first")
{
    Folder const folder;
    auto first = opened(folder.file);
    first->append("the first");
    auto second = opened(folder.file);
    second->append("the second");
    first->append(" goes on");
    bool const first_ends_first = GENERATE(true, false);
    auto& one = first_ends_first ? first : second;
    auto& other = first_ends_first ? second : first;
    std::string const one_text = first_ends_first ? "the first goes on" : "the second";
    std::string const other_text = first_ends_first ? "the second" : "the first goes on";
    SECTION("both are put in place")
    {
        one->commit();
        CHECK(one->error() == "");
        CHECK(content_of(folder.file) == one_text);
        one.reset();
        other->commit();
        CHECK(other->error() == "");
        CHECK(content_of(folder.file) == other_text);
    }
    SECTION("one is dropped, the other put in place")
    {
        one.reset();
        other->commit();
        CHECK(other->error() == "");
        CHECK(content_of(folder.file) == other_text);
    }
    SECTION("one is put in place, the other dropped")
    {
        one->commit();
        CHECK(one->error() == "");
        other.reset();
        CHECK(content_of(folder.file) == one_text);
    }
    SECTION("one is put in place, and a third begins before the other ends")
    {
        one->commit();
        auto third = opened(folder.file);
        third->append("the third");
        other->commit();
        CHECK(content_of(folder.file) == other_text);
        third->commit();
        CHECK(third->error() == "");
        CHECK(content_of(folder.file) == "the third");
    }
    first.reset();
    second.reset();
    CHECK(folder.names() == std::set<std::string>{"f.prom"});
}

TEST_CASE("a file that is not whole has no name that a collector of *.prom would read")
{
    Folder const folder;
    auto const first = opened(folder.file);
    auto const second = opened(folder.file);
    CHECK(folder.names().size() == 2);
    for (auto const& name : folder.names()) {
        CHECK_FALSE(name.ends_with(".prom"));
    }
}

TEST_CASE("what a killed process left is taken away, and never written into")
{
    Folder const folder;
    std::ofstream{folder.file + ".part"} << "of a run that was killed";
    std::filesystem::create_hard_link(folder.file + ".part", folder.path() + "/other");
    std::filesystem::permissions(folder.file + ".part", std::filesystem::perms::all);
    auto file = opened(folder.file);
    CHECK(folder.names().size() == 2);
    file->append("new");
    file->commit();
    CHECK(content_of(folder.file) == "new");
    CHECK(content_of(folder.path() + "/other") == "of a run that was killed");
    using std::filesystem::perms;
    CHECK(std::filesystem::status(folder.file).permissions() == (perms::owner_read | perms::owner_write));
    CHECK(folder.names().size() == 2);
}

TEST_CASE("what is no leftover of ours is passed by")
{
    Folder const folder;
    std::ofstream{folder.path() + "/other"} << "of somebody";
    std::filesystem::create_directory(folder.file + ".part");
    std::filesystem::create_symlink(folder.path() + "/other", folder.file + ".part2");
    CHECK(replace_file(folder.file, "new") == "");
    CHECK(content_of(folder.file) == "new");
    CHECK(content_of(folder.path() + "/other") == "of somebody");
    CHECK(folder.names().size() == 4);
}

TEST_CASE("a file that somebody took away is an error, and another's in its place is left alone")
{
    Folder const folder;
    std::ofstream{folder.file} << "old";
    {
        FileReplacement file{folder.file, Readers::all};
        std::filesystem::remove(folder.file + ".part");
        std::ofstream{folder.file + ".part"} << "of somebody";
        file.commit();
        CHECK(file.error() == "No such file or directory");
    }
    CHECK(content_of(folder.file) == "old");
    CHECK(content_of(folder.file + ".part") == "of somebody");
}

TEST_CASE("no more processes than there are names write one file at a time")
{
    Folder const folder;
    std::vector<std::unique_ptr<FileReplacement>> files;
    for (int i = 0; i < 9; ++i) {
        files.push_back(opened(folder.file));
    }
    CHECK(FileReplacement(folder.file, Readers::all).error() == "Resource temporarily unavailable");
    files.pop_back();
    opened(folder.file);
}

TEST_CASE("a path that is a folder, or lies in none, is refused at once")
{
    Folder const folder;
    CHECK(FileReplacement(folder.path(), Readers::all).error() == "Is a directory");
    CHECK(FileReplacement(folder.path() + "/", Readers::all).error() == "Is a directory");
    CHECK(FileReplacement(folder.path() + "/none/f", Readers::all).error() == "No such file or directory");
    CHECK(folder.names().empty());
    CHECK_FALSE(std::filesystem::exists(folder.path() + ".part"));
}
