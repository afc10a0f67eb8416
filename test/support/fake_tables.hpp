#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

using Value = std::optional<std::string>; ///< nothing = NULL
using Record = std::map<std::string, Value>;

/// A statement failed, with the status that PostgREST 12 gives it.
struct SqlError : std::runtime_error {
    SqlError(int http_status, std::string sqlstate, std::string const& message, std::string more = {})
        : std::runtime_error{message}, status{http_status}, code{std::move(sqlstate)}, details{std::move(more)}
    {
    }
    int status;
    std::string code;
    std::string details;
};

enum class Role { anon, service, hasty_service };

struct FakeColumn {
    enum class Type { text, uuid, time, json };
    enum class Null { allowed, refused };
    enum class Key { none, unique };
    Type type = Type::text;
    Null null = Null::allowed;
    Key key = Key::none;
    std::size_t longest = std::numeric_limits<std::size_t>::max();
};

/// A table as scripts/schema.sql makes it, as far as its requests can tell.
struct FakeTable {
    enum class Right { select, insert, update };
    enum class Policy { nobody, everyone }; ///< whom row-level security lets in, besides those who pass by it

    std::map<std::string, FakeColumn> columns;
    std::set<Right> withheld; ///< from service roles
    Policy policy = Policy::nobody;
    std::string conversations;                        ///< the table that conversationid refers to, "" = none
    std::function<void(Record const&)> before_insert; ///< throws SqlError
    std::size_t hasty_rows = std::numeric_limits<std::size_t>::max(); ///< more at once time out for hasty_service
    std::map<std::string, Record> rows;                               ///< by id, so in the order of collation C

    /// Throws SqlError when the role may not.
    void demand(std::string const& name, Role role, Right right) const;
    bool shows_rows_to(Role role) const { return role != Role::anon || policy == Policy::everyone; }
    FakeColumn const& column(std::string const& name) const; ///< throws SqlError 42703
};

enum class Resolution { none, ignore_duplicates, merge_duplicates };

/// The database behind FakeSupabase: every table of scripts/schema.sql that the contract suite uses, empty.
class FakeTables {
public:
    FakeTables();

    FakeTable& at(std::string const& name); ///< throws SqlError 42P01

    /// One INSERT: all or nothing. Returns the keys of the rows that were inserted or rewritten. `unique` is the column
    /// of ON CONFLICT.
    std::vector<std::string> insert(std::string const& name, std::vector<Record> const& records,
        std::string const& unique, Resolution resolution, Role role);

private:
    void check(FakeTable const& table, Record const& record);

    std::map<std::string, FakeTable> tables_;
    int fault_tries_ = 0; ///< the sequence that counts how often "raise CODE twice" was tried
};

/// A value as the column stores it: times in UTC as PostgREST prints them, UUIDs in lower case. Throws SqlError.
Value stored_form(FakeColumn const& column, Value const& value);

} // namespace backfill::test
