#include "backfill/core/file.hpp"

#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace backfill;
using namespace backfill::test;
using namespace std::chrono_literals;

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
    std::ofstream{folder.file + ".freshchat-backfill.part"} << "of a run that was killed";
    std::filesystem::create_hard_link(folder.file + ".freshchat-backfill.part", folder.path() + "/other");
    std::filesystem::permissions(folder.file + ".freshchat-backfill.part", std::filesystem::perms::all);
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
    std::filesystem::create_directory(folder.file + ".freshchat-backfill.part");
    std::filesystem::create_symlink(folder.path() + "/other", folder.file + ".freshchat-backfill.part2");
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
        std::filesystem::remove(folder.file + ".freshchat-backfill.part");
        std::ofstream{folder.file + ".freshchat-backfill.part"} << "of somebody";
        file.commit();
        CHECK(file.error() == "No such file or directory");
    }
    CHECK(content_of(folder.file) == "old");
    CHECK(content_of(folder.file + ".freshchat-backfill.part") == "of somebody");
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
    CHECK_FALSE(std::filesystem::exists(folder.path() + ".freshchat-backfill.part"));
}

TEST_CASE("a symbolic link stays, and what it leads to is replaced")
{
    Folder const folder;
    bool const exists = GENERATE(true, false);
    auto const target = folder.path() + "/target";
    if (exists) {
        std::ofstream{target} << "old";
    }
    std::filesystem::create_symlink("target", folder.path() + "/link");
    std::filesystem::create_symlink(folder.path() + "/link", folder.file);
    CHECK(replace_file(folder.file, "new") == "");
    CHECK(std::filesystem::is_symlink(folder.file));
    CHECK(content_of(target) == "new");
    CHECK(folder.names() == std::set<std::string>{"f.prom", "link", "target"});
}

TEST_CASE("the mode and owner of an older file stay, but others do not read what is the owner's")
{
    Folder const folder;
    std::ofstream{folder.file} << "old";
    auto const mode = GENERATE(0600U, 0640U, 0664U);
    std::filesystem::permissions(folder.file, std::filesystem::perms{mode});
    bool const by_root = ::chown(folder.file.c_str(), 12345, 12346) == 0;
    auto const readers = GENERATE(Readers::all, Readers::owner);
    CHECK(replace_file(folder.file, "new", readers) == "");
    struct stat now {};
    REQUIRE(::stat(folder.file.c_str(), &now) == 0);
    CHECK((now.st_mode & 0777U) == (readers == Readers::all ? mode : 0600U));
    CHECK((!by_root || (now.st_uid == 12345 && now.st_gid == 12346)));
}

TEST_CASE("what is no regular file is written through, and only when there is something to write")
{
    Folder const folder;
    auto const pipe = folder.path() + "/pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_FALSE(is_replaceable(pipe));
    CHECK(replace_file(pipe, "") == ""); // nobody reads
    FileReplacement unread{pipe, Readers::all};
    unread.append("text");
    unread.commit(50ms);
    CHECK(unread.error() == "Connection timed out");
    std::string const text(200'000, 'x'); // more than a pipe takes at once
    auto read = std::async([&pipe] {
        std::this_thread::sleep_for(100ms);
        return content_of(pipe);
    });
    CHECK(replace_file(pipe, text) == "");
    CHECK(read.get() == text);
    CHECK(std::filesystem::is_fifo(pipe));
    CHECK(replace_file("/dev/null", "text") == "");
    CHECK(replace_file("/dev/full", "text") == "No space left on device");
    CHECK(std::filesystem::is_character_file("/dev/null"));
    CHECK(folder.names() == std::set<std::string>{"pipe"});
}

TEST_CASE("a descriptor's name means the descriptor, whatever it is open on")
{
    Folder const folder;
    auto const descriptor = ::open(folder.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, "line\n", 5) == 5);
    auto const name = GENERATE(as<std::string>{}, "/dev/fd/", "/proc/self/fd/") + std::to_string(descriptor);
    auto const link = folder.path() + "/link";
    std::filesystem::create_symlink(name, link);
    CHECK(replace_file(GENERATE_COPY(name, link), "text\n") == "");
    ::close(descriptor);
    CHECK(content_of(folder.file) == "line\ntext\n");
    CHECK(FileReplacement("/dev/fd/987", Readers::all).error() == "Bad file descriptor");
    CHECK(folder.names() == std::set<std::string>{"f.prom", "link"});
}

TEST_CASE("somebody's file that is called as partial files often are is left alone")
{
    Folder const folder;
    std::ofstream{folder.file + ".part"} << "of somebody";
    CHECK(replace_file(folder.file, "new") == "");
    CHECK(content_of(folder.file + ".part") == "of somebody");
}

TEST_CASE("what is appended goes behind what a file holds, in place; a file that is not there is made")
{
    Folder const folder;
    auto const inode = [&] {
        struct stat status {};
        CHECK(::stat(folder.file.c_str(), &status) == 0);
        return status.st_ino;
    };
    std::ofstream{folder.file} << "before\n";
    auto const old = inode();
    std::string const page(10'000, 'x');
    {
        FileReplacement file{folder.file, Readers::all, FileReplacement::Manner::append};
        CHECK(file.error() == "");
        CHECK(folder.names() == std::set<std::string>{"f.prom"});
        std::ofstream{folder.file, std::ios::app} << "meanwhile\n";
        file.append(page);
        CHECK(content_of(folder.file) == "before\nmeanwhile\n");
        file.commit();
        CHECK(file.error() == "");
    }
    CHECK(content_of(folder.file) == "before\nmeanwhile\n" + page);
    CHECK(inode() == old);
    std::filesystem::remove(folder.file);
    {
        FileReplacement file{folder.file, Readers::all, FileReplacement::Manner::append};
        CHECK_FALSE(std::filesystem::exists(folder.file));
        file.append("new");
        file.commit();
        CHECK(file.error() == "");
    }
    CHECK(content_of(folder.file) == "new");
    CHECK(FileReplacement(folder.path(), Readers::all, FileReplacement::Manner::append).error() == "Is a directory");
}
