#pragma once

#include "support/stack.hpp"

#include <csignal>
#include <string>
#include <sys/types.h>

namespace backfill::test {

/// While it lives, the local stack's PostgREST takes connections and answers nothing.
class FrozenPostgrest {
public:
    FrozenPostgrest() : process_{static_cast<pid_t>(std::stol(Stack::local().value("POSTGREST_PID")))}
    {
        ::kill(process_, SIGSTOP);
    }
    FrozenPostgrest(FrozenPostgrest const&) = delete;
    FrozenPostgrest& operator=(FrozenPostgrest const&) = delete;
    ~FrozenPostgrest() { ::kill(process_, SIGCONT); }

private:
    pid_t process_;
};

} // namespace backfill::test
