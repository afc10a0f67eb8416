#pragma once

#include "backfill/http/transport.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "supabase/json_rows.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace backfill::supabase {

// Texts are in fault_text.cpp.
// Advice is in fault_advice.cpp.

/// What the meaning of an answer depends on, besides the answer.
struct Asked {
    bool with_rows = false;    ///< any of them may be the cause of a refusal, whatever its code and status
    bool minted_token = false; ///< the gateway puts a token of its own in place of the key, anew for each request
    bool key_passed = false;   ///< an earlier request with the key was answered well
};

Fault classify(http::Outcome const& outcome, Asked const& asked);

/// An SQLSTATE. Also one that a trigger makes up: PostgREST turns `raise sqlstate 'PT403'` into a status of its own.
bool is_sqlstate(std::string_view code);

/// True for states of the server that no request causes: connection, resources, shutdown, transactions that collided.
bool is_of_the_server(std::string_view code);

/// What an error says, its code also from a header where the body has none.
ErrorBody error_of(http::Reply const& reply);

/// PostgREST's answer when its connection to the database breaks under a statement: a 400 that says nothing (12.0.2
/// when PostgreSQL crashes; its issue 4681).
bool is_broken_connection(http::Reply const& reply, ErrorBody const& error);

/// True where the key, or the token in its place, is what is refused: no other request would pass.
bool concerns_the_key(http::Outcome const& outcome);

/// True for codes that a stale schema cache causes too: worth another try after some seconds.
bool may_be_stale_cache(http::Outcome const& outcome);

/// "42501: permission denied for table Message": the code, and the message where it is one of PostgREST's or
/// PostgreSQL's own, else what the code means; never a message that could quote a value, never `details`.
std::string explain(http::Outcome const& outcome);

/// What to do about a fatal answer concerning a table, in sentences. `schema` is empty where the first exposed one is
/// meant.
/// `key` has the columns that an upsert names as the unique key, as SQL. `query_bytes` is the length of the request's
/// query: one way of refusing a long URL is as good as another to a proxy.
std::string advice(http::Outcome const& outcome, std::string const& schema, std::string const& table,
    std::string const& key = {}, std::size_t query_bytes = 0);

} // namespace backfill::supabase
