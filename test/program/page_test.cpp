// REPORT_FILE: the page about a run, however it ends.

#include "program/stopped_run.hpp"
#include "program/tables.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace backfill::test;

namespace {

constexpr auto kHostile = "c2\"><script>alert(1)</script>";

/// c1 with two messages; one unknown to Freshchat, whose id tries to be markup; c3 with three.
struct Three {
    explicit Three(Fault const& more = {.times = 0})
        : simulator{Conversations{{"c1", messages("a", 2)}, {kHostile, {}}, {"c3", messages("b", 3)}},
            {.faults = {{.conversation = kHostile, .times = kAlways, .status = 404}, more}}}
    {
        store_only({"c1", kHostile, "c3"});
    }

    Simulator simulator;
};

bool is_whole(std::string const& page)
{
    return page.starts_with("<!DOCTYPE html>\n") && page.ends_with("</html>\n");
}

} // namespace

TEST_CASE("the page of a run holds the numbers of its summary, and ids on it stay text")
{
    Three const three;
    ScratchFile const file{"what an earlier run left"};
    auto const settings = with(settings_for(three.simulator), {{"REPORT_FILE", file.path()}});
    auto const ended = run_program({"run"}, settings);
    CHECK(ended.code == 3);
    auto const summary = summary_of(ended.out);
    auto const page = content_of(file.path());
    CHECK(is_whole(page));
    CHECK(holds(page, "Exit code <data value=\"3\">"));
    CHECK(holds(page, "<h1>Finished, but 1 conversation failed</h1>"));
    CHECK(number(page, "Conversations", "in all") == static_cast<long>(summary.conversations));
    CHECK(number(page, "Conversations", "processed") == static_cast<long>(summary.processed));
    CHECK(number(page, "Conversations", "failed") == static_cast<long>(summary.failed));
    CHECK(number(page, "Messages", "new") == static_cast<long>(summary.inserted));
    CHECK(summary.inserted == 5);
    CHECK(number(page, "Requests", "to Freshchat") == static_cast<long>(three.simulator.counters().requests));
    // Both are from the first of June: one column.
    CHECK(holds(page, "<title>1 Jun 2025: 0 skipped, 5 new</title>"));
    CHECK(holds(page, "<tr><td>c2&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</td><td>not_found</td>"));
    CHECK_FALSE(holds(page, "<script>alert"));
    expect_no_secret({0, 0, page, "", 0}, settings);

    CHECK(run_program({"run"}, settings).code == 3);
    CHECK(holds(content_of(file.path()), "<title>1 Jun 2025: 5 skipped, 0 new</title>"));
}

TEST_CASE("the page is there after a stop and after a fatal end, and says what to do")
{
    ScratchFile const file{"what an earlier run left"};
    Environment const wanted{{"REPORT_FILE", file.path()}};
    SECTION("a stop")
    {
        Three const three{{.conversation = "c3", .times = kAlways, .kind = FaultKind::hang}};
        auto const page = file_of_stopped_run(three.simulator, 3, wanted, file);
        CHECK(is_whole(page));
        CHECK(holds(page, "Exit code <data value=\"143\">"));
        CHECK(number(page, "Conversations", "not reached") == 1);
        CHECK(number(page, "Messages", "new") == 2);
    }
    SECTION("a refused token")
    {
        Three const three{{.conversation = "c3", .times = kAlways, .status = 401}};
        CHECK(run_program({"run"}, with(settings_for(three.simulator), wanted)).code == 1);
        auto const page = content_of(file.path());
        CHECK(is_whole(page));
        CHECK(holds(page, "<h1>The run could not go on</h1>"));
        CHECK(holds(page, "<li>Freshchat refused the token"));
        CHECK(number(page, "Messages", "new") == 2);
    }
    SECTION("a table that is not there")
    {
        Three const three;
        auto const settings = with(settings_for(three.simulator), {{"MESSAGE_TABLE", "Nope"}});
        CHECK(run_program({"run"}, with(settings, wanted)).code == 1);
        auto const page = content_of(file.path());
        CHECK(is_whole(page));
        CHECK(number(page, "Conversations", "in all") == 0);
        CHECK(holds(page, "Freshchat was not asked."));
    }
    SECTION("a dry run and a comparison")
    {
        Three const three;
        CHECK(run_program({"dry-run"}, with(settings_for(three.simulator), wanted)).code == 3);
        CHECK(number(content_of(file.path()), "Messages", "to insert") == 5);
        CHECK(run_program({"verify"}, with(settings_for(three.simulator), wanted)).code == 3);
        CHECK(number(content_of(file.path()), "Messages", "missing") == 5);
    }
}

TEST_CASE("a page that cannot be written, or would overwrite another file, is refused before anything is sent")
{
    Three const three;
    auto const refused = run_program({"run", "--report-file=/nonexistent/page.html"}, settings_for(three.simulator));
    CHECK(refused.code == 2);
    CHECK(refused.out == "");
    CHECK(refused.err
        == "freshchat-backfill: REPORT_FILE=/nonexistent/page.html: cannot be written: No such file or directory\n");
    auto const same = run_program(
        {"run"}, with(settings_for(three.simulator), {{"REPORT_FILE", "/tmp/one"}, {"SUMMARY_FILE", "/tmp/one"}}));
    CHECK(same.code == 2);
    CHECK(holds(same.err, "REPORT_FILE"));
    CHECK(holds(same.err, "is the file of another setting too"));
    CHECK(three.simulator.counters().requests == 0);
}
