#include "support/stack.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace backfill::test {

Stack::Stack()
{
    auto const* folder = std::getenv("STACK");
    if (folder == nullptr) {
        throw std::runtime_error{"set STACK to a folder where scripts/local_stack up was run"};
    }
    std::ifstream file{std::string{folder} + "/env"};
    for (std::string line; std::getline(file, line);) {
        auto const equals = line.find('=');
        values_[line.substr(0, equals)] = line.substr(equals + 1);
    }
    if (values_.empty()) {
        throw std::runtime_error{std::string{"no stack is up in "} + folder};
    }
}

Stack const& Stack::local()
{
    static Stack const stack;
    return stack;
}

std::string const& Stack::value(std::string const& name) const
{
    auto const found = values_.find("STACK_" + name);
    if (found == values_.end()) {
        throw std::runtime_error{"the stack's env file has no STACK_" + name};
    }
    return found->second;
}

} // namespace backfill::test
