#pragma once

#include "support/run_desk.hpp"
#include "support/scripted_transport.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/calls/rate_gate.hpp"
#include "backfill/core/log.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace backfill::test {

/// A JWT with this payload, signed with HS256; PostgREST looks at the signature, the program does not.
std::string jwt(std::string_view payload, std::string_view secret = "not the server's");
std::string service_jwt();

/// Everything that stands between a Supabase object under test and a transport, as the program wires it. Verbose, so
/// that a test sees each line that could leak something. One thread.
struct SupabaseSide : RunDesk {
    explicit SupabaseSide(std::unique_ptr<http::Transport> transport, std::string const& key = service_jwt());

    /// All lines written so far, joined.
    std::string written() const;

    calls::RateGate gate{clock};
    calls::Client client;
    supabase::Postgrest postgrest;
    std::stop_source stopping;
    std::stop_token stop = stopping.get_token();
};

/// The same over a script, which is asked what came.
struct ScriptedSide : Script, SupabaseSide {
    explicit ScriptedSide(std::vector<http::Outcome> outcomes, std::string const& key = service_jwt())
        : Script{std::move(outcomes)}, SupabaseSide{transport(), key}
    {
    }
    explicit ScriptedSide(Answer answer, std::string const& key = service_jwt())
        : Script{std::move(answer)}, SupabaseSide{transport(), key}
    {
    }
};

/// The columns that the program writes unless told otherwise.
Columns default_columns();
supabase::MessageTableLayout layout_of(std::string table);

/// A row of the default columns; `json` is built from the other fields.
Row message_row(std::string const& id, std::string const& conversation, std::string const& text = "hello",
    std::string const& created_time = "2025-01-01T00:00:00Z", std::string const& actor_type = "user");

/// "m007": ids that sort as their numbers do.
std::string numbered(std::string const& prefix, std::size_t number, int digits = 4);

/// What `call` throws as an Error, as text; "" when it throws nothing. Anything else passes through.
template <typename Error, typename Call>
std::string text_of(Call call)
{
    try {
        call();
    } catch (Error const& error) {
        return error.what();
    }
    return {};
}

} // namespace backfill::test
