#pragma once

#include "backfill/calls/client.hpp"
#include "backfill/core/log.hpp"

#include <string_view>

namespace backfill::app {

/// Writes a line to stderr for each request and each retry, when verbose. Any thread.
class CallLog : public calls::CallObserver {
public:
    explicit CallLog(Log const& log) : log_{log} {}

    void attempt_ended(Attempt const& attempt) override;
    void retry_follows(std::string_view side, http::Outcome const& failed, int next_try, int tries) override;

private:
    Log const& log_;
};

} // namespace backfill::app
