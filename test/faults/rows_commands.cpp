// A few of the faults under the other commands, and under ON_CONFLICT=update.

#include "faults/ground.hpp"
#include "faults/row.hpp"

#include "support/fault_proxy.hpp"

namespace backfill::test {
namespace {

using enum FaultKind;

std::vector<Row> dry_runs()
{
    std::vector<Row> rows{
        {"dry run: reset", place::kStoredIds, {0}, "supabase: Connection closed", Fault{.kind = reset}},
        {"dry run: hangs", place::kMiddlePage, {0}, "freshchat: Connection timeout", Fault{.kind = hang}},
        {"dry run: always reset", place::kPageOne, {3}, "Connection closed", Fault{.times = kAlways, .kind = reset}},
        {"dry run: 400", place::kLastPage, {3}, "HTTP 400", Fault{.status = 400}},
        {"dry run: 401", place::kStoredIds, {1}, "HTTP 401", Fault{.status = 401}},
        {"dry run: 42501", place::kColumns, {1}, "grant select", Fault{.status = 403, .code = "42501"}},
    };
    for (auto& row : rows) {
        row.command = "dry-run";
        row.settings = {{"ON_CONFLICT", "update"}}; // else nothing is looked up in the empty table
    }
    rows[2].failed = rows[3].failed = 1;
    return rows;
}

/// In JSON: the promised lines of text are those of the other commands.
std::vector<Row> verifications()
{
    std::vector<Row> rows{
        {"verify: reset, nothing stored", place::kStoredIds, {3}, "message_missing", Fault{.kind = reset}},
        {"verify: cut, all stored", place::kStoredIds, {0}, "supabase: Answer cut off", Fault{.kind = cut_length}},
        {"verify: hangs, all stored", place::kLastPage, {0}, "freshchat: Connection timeout", Fault{.kind = hang}},
        {"verify: 500 for good, all stored", place::kPageOne, {3}, "HTTP 500", Fault{.times = kAlways, .status = 500}},
        {"verify: token revoked", place::kMiddlePage, {1}, "refused the token", Fault{.status = 401}},
    };
    for (auto& row : rows) {
        row.command = "verify";
        row.voice = Voice::verbose_json;
        row.before = row.fault.ends_with("all stored") ? insert_rows(1) : "";
    }
    rows[0].failed = 0;
    rows[3].failed = 1;
    return rows;
}

/// A third of the rows is stored with another text: the first run must mend that, as the second one would not.
std::vector<Row> updates()
{
    std::vector<Row> rows{
        {"update: reset", place::kUpsert, {0}, "supabase: Connection closed", Fault{.kind = reset}},
        {"update: body cut", place::kUpsert, {0}, "supabase: Answer cut off", Fault{.after = 1, .kind = cut_length}},
        {"update: hangs", place::kStoredIds, {0}, "supabase: Connection timeout", Fault{.kind = hang}},
        {"update: 57014", place::kUpsert, {0}, "HTTP 500", Fault{.status = 500, .code = "57014"}},
        {"update: 22P02", place::kUpsert, {0}, "HTTP 400", Fault{.status = 400, .code = "22P02"}},
    };
    for (auto& row : rows) {
        row.settings = {{"ON_CONFLICT", "update"}};
        row.before = insert_rows(3, "an older text");
    }
    return rows;
}

} // namespace

std::vector<Row> command_rows()
{
    auto rows = dry_runs();
    for (auto const& more : {verifications(), updates()}) {
        rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
}

} // namespace backfill::test
