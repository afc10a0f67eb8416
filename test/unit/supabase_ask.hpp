#pragma once

#include "support/scripted_transport.hpp"
#include "support/supabase_side.hpp"

#include "supabase/fault.hpp"

#include "backfill/core/errors.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace backfill::test {

/// An error as PostgREST sends it; `details` and, for some codes, `message` hold what must never be printed.
inline http::Reply error(int status, std::string const& code, std::string const& message = "told")
{
    return reply(status,
        R"({"code":")" + code + R"j(","details":"Failing row contains (SECRET)","hint":null,"message":")j" + message
            + "\"}",
        {{"Content-Type", "application/json"}});
}

/// How one call ended that was answered alike each time.
struct Ending {
    enum class How { answered, fatal, batch_failed } how = How::answered;
    supabase::Fault fault = supabase::Fault::none;
    std::size_t tries = 0;
    std::vector<Clock::Duration> naps;
    std::string text;    ///< the exception's, or the answer's failure
    std::string written; ///< all verbose lines
};

using How = Ending::How;

inline Ending ask(ScriptedSide& side, supabase::Divisible divisible = supabase::Divisible::no,
    supabase::Payload payload = supabase::Payload::none)
{
    Ending ending;
    try {
        supabase::Query const query{"Message", "select=id", "", {"id"}, divisible, payload};
        auto const answer = payload == supabase::Payload::rows ? side.postgrest.post(query, "[{}]", side.stop)
                                                               : side.postgrest.get(query, side.stop);
        ending.fault = answer.fault;
        ending.text = answer.failure;
    } catch (FatalError const& fatal) {
        ending.how = How::fatal;
        ending.text = fatal.what();
    } catch (BatchError const& failed) {
        ending.how = How::batch_failed;
        ending.text = failed.what();
    }
    ending.tries = side.request_count();
    ending.naps = side.clock.naps();
    ending.written = side.written();
    return ending;
}

inline Ending ask(http::Outcome const& outcome, supabase::Divisible divisible = supabase::Divisible::yes,
    supabase::Payload payload = supabase::Payload::none)
{
    ScriptedSide side{Script::always(outcome)};
    return ask(side, divisible, payload);
}

} // namespace backfill::test
