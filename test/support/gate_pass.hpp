#pragma once

#include "backfill/calls/rate_gate.hpp"

#include <stop_token>

namespace backfill::test {

/// Waits for a slot, however long the pauses are; false when a stop ended the wait.
inline bool passes(calls::RateGate& gate, std::stop_token const& stop = {})
{
    calls::RateGate::Pauses pauses;
    return gate.wait(stop, pauses) == calls::RateGate::Pass::free;
}

} // namespace backfill::test
