// Disks that are full, for everything that the program writes; and outputs that nobody reads.

#include "faults/ground.hpp"
#include "faults/row.hpp"

#include "support/psql.hpp"

namespace backfill::test {
namespace {

/// The program in a mount namespace of its own, where the folder of its files is a full file system. run_row() sets
/// $FOLDER. Exit 77 where this machine does not allow that. The last form is for a root that is no mount point
/// (chroot).
constexpr auto kFullFolder = R"(
full='mount -t tmpfs -o size=4k full "$FOLDER" && { head -c 9000 /dev/zero >"$FOLDER/filler" 2>/dev/null; exec "$0" "$@"; }'
for own in -rm -m '-m --propagation unchanged'; do
  if unshare $own sh -c 'mount -t tmpfs full "$FOLDER"' 2>/dev/null; then exec unshare $own sh -c "$full" "$0" "$@"; fi
done
exit 77)";

/// The pipe's other end closes at once; the program's own exit code counts.
constexpr auto kReaderGone = R"(code=$({ { "$0" "$@"; echo $? >&4; } | true; } 4>&1); exit "$code")";

Row row(std::string fault, std::vector<int> codes, std::string said, std::string shell)
{
    Row made{std::move(fault), place::kEnd, std::move(codes), std::move(said)};
    made.shell = std::move(shell);
    return made;
}

/// Only this one of the files: each must tell of its own trouble.
Row full_for(std::string const& setting, std::string const& name)
{
    auto made = row("disk full for " + setting, {setting == "METRICS_FILE" ? 0 : 3},
        "the " + name + " file could not be written: No space left", kFullFolder);
    for (auto const* other :
        {"STATE_FILE", "REJECTS_FILE", "SUMMARY_FILE", "METRICS_FILE", "REPORT_FILE", "MARKDOWN_FILE"}) {
        if (other != setting) {
            made.settings[other] = "";
        }
    }
    return made;
}

/// One message is refused, so that there is something to write into REJECTS_FILE.
Row full_for_rejects()
{
    auto made = full_for("REJECTS_FILE", "rejects");
    made.codes = {3};
    made.failed = 0;
    made.messages_failed = 1;
    made.where = place::kStart;
    auto const& victim = ground().victim();
    made.deed =
        Deed{[&victim] {
                 psql("alter table \"Message\" add constraint refused check (id <> " + sql_quoted(victim.id) + ")");
             },
            [] { psql("alter table \"Message\" drop constraint refused"); }};
    return made;
}

} // namespace

std::vector<Row> file_rows()
{
    std::vector<Row> rows{
        row("disk full for stdout", {1}, "No space left on device", R"(exec "$0" "$@" >/dev/full)"),
        row("disk full for stderr", {0}, "Complete", R"(exec "$0" "$@" 2>/dev/full)"),
        row("disk full for stdout and stderr", {1}, "", R"(exec "$0" "$@" >/dev/full 2>&1)"),
        row("stdout may not grow", {1}, "File too large", R"(ulimit -f 1 && exec "$0" "$@" >"$FOLDER/out")"),
        full_for("STATE_FILE", "state"),
        full_for("SUMMARY_FILE", "summary"),
        full_for("METRICS_FILE", "metrics"),
        full_for("REPORT_FILE", "report"),
        full_for("MARKDOWN_FILE", "markdown"),
        full_for_rejects(),
        row("reader of stdout gone", {0}, "", kReaderGone),
        row("stdout closed", {0}, "", R"(exec "$0" "$@" >&-)"),
        row("stdin, stdout and stderr closed", {0}, "", R"(exec "$0" "$@" <&- >&- 2>&-)"),
    };
    rows[1].voice = Voice::text;
    return rows;
}

} // namespace backfill::test
