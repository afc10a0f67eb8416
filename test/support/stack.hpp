#pragma once

#include <map>
#include <string>

namespace backfill::test {

/// The local stack that the environment variable STACK names: what scripts/local_stack wrote into its file `env`.
class Stack {
public:
    /// Throws std::runtime_error, with what to do, when no stack is up.
    static Stack const& local();

    /// "SERVICE_KEY" for STACK_SERVICE_KEY. Throws std::runtime_error when there is no such line.
    std::string const& value(std::string const& name) const;

private:
    Stack();

    std::map<std::string, std::string> values_;
};

} // namespace backfill::test
