#include "app/process.hpp"

#include "backfill/core/console.hpp"
#include "backfill/core/file.hpp"

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backfill::app {
namespace {

std::optional<std::string> read_file(std::string const& path)
{
    return path == "-" ? std::string{std::istreambuf_iterator<char>{std::cin}, {}} : whole_file(path);
}

bool others_can_read(std::string const& path)
{
    struct stat status {};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)
        && (status.st_mode & S_IROTH) != 0;
}

std::optional<std::string> environment_variable(std::string const& name)
{
    auto const* value = std::getenv(name.c_str()); // no other thread yet, and none ever sets a variable
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

std::vector<std::string> environment_names()
{
    std::vector<std::string> names;
    for (auto* const* variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        std::string const text{*variable};
        names.push_back(text.substr(0, text.find('=')));
    }
    return names;
}

} // namespace

SettingSources setting_sources()
{
    return {environment_variable, read_file, environment_names, others_can_read};
}

Screen standard_output()
{
    return {Console::can_rewrite(STDOUT_FILENO), [] {
                pollfd watched{STDOUT_FILENO, 0, 0};
                return ::poll(&watched, 1, 0) > 0 && (watched.revents & POLLERR) != 0; // a pipe without a reader
            }};
}

void forbid_core_files()
{
    rlimit const none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ // its leak check attaches to the process
    ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

} // namespace backfill::app
