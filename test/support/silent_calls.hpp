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

/// Takes a 200 for the value; what else comes may pass, or not.
inline calls::Reading<http::Reply> read_ok(http::Outcome const& outcome)
{
    auto const* const answer = std::get_if<http::Reply>(&outcome);
    if (answer && answer->status == 200) {
        return *answer;
    }
    return calls::may_pass(outcome) ? calls::Verdict::retry : calls::Verdict::reject;
}

/// "" for a value.
template <typename Value>
std::string failure_of(calls::CallResult<Value> const& result)
{
    auto const* const error = std::get_if<calls::CallError>(&result);
    return error ? error->failure() : std::string{};
}

} // namespace backfill::test
