#pragma once

#include "backfill/http/transport.hpp"

#include <string>

namespace backfill::test {

/// How newer servers answer. Their binaries cannot be had for Debian 12, so these are the answers of the real 12.0.2
/// (or of the fake that is held to it) in the words, statuses and headers of the others, as read in PostgREST's source
/// at v14.17 and v16.2 and in what users of hosted projects report.
enum class Dialect {
    v12,    ///< 12.0.2 as it is
    v14,    ///< 13 and 14
    hosted, ///< 16 behind Supabase's gateway, whose database hints at missing grants
};

/// `reply` to a request for `table`, an answer of 12.0.2, as `dialect` gives it.
http::Reply spoken(Dialect dialect, http::Reply reply, std::string const& table);

/// An error as 13 and later send it: with its code in a header too.
http::Reply postgrest_error(
    int status, std::string const& code, std::string const& message, std::string const& hint = {});

} // namespace backfill::test
