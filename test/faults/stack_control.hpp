#pragma once

#include "support/subprocess.hpp"

#include <string>

namespace backfill::test {

// Services of the local stack, "postgres" or "postgrest", killed and started again (scripts/local_stack).

void start_stack(std::string const& folder);
void end_stack(std::string const& folder);
void stop_service(std::string const& service);
/// `variables` win over what the service had: PGRST_DB_POOL=1.
void start_service(std::string const& service, Environment const& variables = {});

/// A transaction that holds on to what it did, in a session of its own, until let_go(). Does not wait for locks itself.
void hold(std::string const& sql);
void let_go();

/// Keeps PostgREST's only connection (with a pool of one) busy until let_go().
void keep_pool_busy();

} // namespace backfill::test
