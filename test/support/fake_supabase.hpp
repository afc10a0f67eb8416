#pragma once

#include "support/dialect.hpp"
#include "support/fake_tables.hpp"

#include "backfill/http/transport.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace backfill::test {

/// Supabase in memory: a gateway with its keys, PostgREST's answers to the requests that this program sends, and the
/// tables of scripts/schema.sql. What it does not know it refuses (PGRST100), so that a new kind of request is noticed.
/// The contract suite holds it to what the real one does. Any thread; transports must not outlive it.
class FakeSupabase {
public:
    /// `row_cap` = db-max-rows.
    explicit FakeSupabase(std::size_t row_cap = 1000, Dialect dialect = Dialect::v12)
        : row_cap_{row_cap}, dialect_{dialect}
    {
    }

    std::unique_ptr<http::Transport> transport();

    static std::string service_key();
    static std::string anon_key();
    static std::string hasty_key(); ///< a service key whose statements time out early
    static constexpr char const* kSecretKey = "sb_secret_fake";
    static constexpr char const* kPublishableKey = "sb_publishable_fake";

    /// For arranging and looking behind the scenes, while no request is under way.
    FakeTables& tables() { return tables_; }

    enum class Writable { yes, no };
    void set_writable(Writable writable) { writable_ = writable; } ///< no: every INSERT fails with 25006

    http::Reply answer(http::Request const& request);

private:
    http::Reply answer_of_12(http::Request const& request, std::string const& table);
    http::Reply read(std::string const& table, std::string const& query, std::string const& prefer, Role role);
    http::Reply write(std::string const& table, std::string const& query, http::Request const& request, Role role);

    std::mutex mutex_;
    FakeTables tables_;
    std::size_t row_cap_;
    Dialect dialect_;
    Writable writable_ = Writable::yes;
};

} // namespace backfill::test
