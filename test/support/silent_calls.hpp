#pragma once

#include "backfill/calls/client.hpp"

namespace backfill::test {

/// Looks at nothing.
class SilentCalls final : public calls::CallObserver {
public:
    void attempt_ended(Attempt const& /*attempt*/) override {}
    void retry_follows(
        std::string_view /*side*/, http::Outcome const& /*failed*/, int /*next_try*/, int /*tries*/) override
    {
    }
};

} // namespace backfill::test
