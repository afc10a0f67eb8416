// REPORT_FILE: the page about a run, however it ends.

#include "program/tables.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace backfill::test;

TEST_CASE("the page of a run holds the numbers of its summary, and ids on it stay text")
{
    std::string const hostile = "c2\"><script>alert(1)</script>";
    store_only({"c1", hostile, "c3"});
    Simulator const simulator{Conversations{{"c1", messages("a", 2)}, {hostile, {}}, {"c3", messages("b", 3)}},
        {.faults = {{.conversation = hostile, .times = kAlways, .status = 404}}}};
    ScratchFile const file{"what an earlier run left"};
    auto const settings = with(settings_for(simulator), {{"REPORT_FILE", file.path()}});
    auto const ended = run_program({"run"}, settings);
    CHECK(ended.code == 3);
    auto const summary = summary_of(ended.out);
    auto const page = content_of(file.path());
    CHECK(page.starts_with("<!DOCTYPE html>\n"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(holds(page, "Exit code <data value=\"3\">"));
    CHECK(holds(page, "<h1>Finished, but 1 conversation failed</h1>"));
    CHECK(number(page, "Conversations", "in all") == static_cast<long>(summary.conversations));
    CHECK(number(page, "Conversations", "processed") == static_cast<long>(summary.processed));
    CHECK(number(page, "Conversations", "failed") == static_cast<long>(summary.failed));
    CHECK(number(page, "Messages", "new") == static_cast<long>(summary.inserted));
    CHECK(summary.inserted == 5);
    CHECK(number(page, "Requests", "to Freshchat") == static_cast<long>(simulator.counters().requests));
    // Both are from the first of June: one column.
    CHECK(holds(page, "<title>1 Jun 2025: 0 skipped, 5 new</title>"));
    CHECK(holds(page, "<tr><td>c2&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</td><td>not_found</td>"));
    CHECK_FALSE(holds(page, "<script>alert"));
    expect_no_secret({0, 0, page, "", 0}, settings);

    CHECK(run_program({"run"}, settings).code == 3);
    CHECK(holds(content_of(file.path()), "<title>1 Jun 2025: 5 skipped, 0 new</title>"));
}
