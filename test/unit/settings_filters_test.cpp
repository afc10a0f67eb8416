// CONVERSATION_FILTER and UPDATED_SINCE as they are given.

#include "app/settings/settings.hpp"
#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace backfill::app;
using namespace backfill::test;

TEST_CASE("filters come from options, or from the lines of the variable")
{
    auto const texts = [](Settings const& s) {
        std::string all;
        for (auto const& filter : s.conversations.filters) {
            all += filter.text() + "\n";
        }
        return all;
    };
    CHECK(settings({}).conversations.filters.empty());
    CHECK(texts(settings({"--where=a=in.(1,2)", "--where", "b=is.null"})) == "a=in.(1,2)\nb=is.null\n");
    CHECK(
        texts(settings({}, {{"CONVERSATION_FILTER", "a=in.(1,2)\n\n  b=is.null \r\n"}})) == "a=in.(1,2)\nb=is.null\n");
    CHECK(texts(settings({"--where=a=eq.1"}, {{"CONVERSATION_FILTER", "b=eq.2"}})) == "a=eq.1\n");
    CHECK(refusal({"run", "--where=status=open"}, kRequired).starts_with("--where=status=open: has no operator"));
    CHECK(refusal({"run"}, with(kRequired, {{"CONVERSATION_FILTER", "a=eq.1\nselect=id"}}))
              .starts_with("CONVERSATION_FILTER=select=id: select is no filter"));
    CHECK(parse({"status", "--where=a=eq.1"}, kRequired).settings->conversations.filters.size() == 1);
}

TEST_CASE("UPDATED_SINCE is a time, a time back from now, or the last run, and knows its column")
{
    CHECK_FALSE(settings({}).updated_since);
    CHECK(settings({"--updated-since=2025-07-10"}).updated_since->text() == "2025-07-10T00:00:00Z");
    CHECK(settings({"--updated-since=2025-07-10T02:00:00+02:00"}).updated_since->text() == "2025-07-10T00:00:00Z");
    CHECK(settings({"--updated-since=25h"}).updated_since->ago == std::chrono::hours{25});
    CHECK(settings({"--updated-since=1500m"}).updated_since->text()
        == settings({"--updated-since=25h"}).updated_since->text());
    auto const by_mark = settings({"--updated-since=Last-Run", "--state-file=s"});
    CHECK(by_mark.updated_since->is_last_run());
    CHECK(by_mark.conversations.updated_time == "updated_time");
    for (auto const* wrong :
        {"yesterday", "25", "0h", "-1h", "h", "1w", "2025-13-01", "last_run", "99999999999999999d"}) {
        CHECK(refusal({"run", std::string{"--updated-since="} + wrong}, kRequired)
                  .starts_with("--updated-since=" + std::string{wrong} + ": must be last-run, a time back from now"));
    }
    CHECK(refusal({"run", "--updated-since=last-run"}, kRequired)
              .starts_with("--updated-since=last-run: needs STATE_FILE"));
    std::string const columns = "--conversation-columns=id,created_time";
    CHECK(settings({"--updated-since=7d", columns + ",updated_time=changed"}).conversations.updated_time == "changed");
    CHECK(settings({columns + ",updated_time=changed"}).conversations.updated_time.empty()); // nobody asks for it
    CHECK(
        settings({"--updated-since=7d", "--conversation-columns=id,updated_time"}).conversations.created_time.empty());
    CHECK(refusal({"run", "--updated-since=7d", columns}, kRequired)
        == columns
            + ": UPDATED_SINCE needs the field updated_time, too: id,created_time,updated_time or "
              "id,created_time,updated_time=COLUMN");
    CHECK(parse({"status", columns}, with(kRequired, {{"UPDATED_SINCE", "?"}})).settings);
    CHECK(parse({"verify"}, with(kRequired, {{"UPDATED_SINCE", "last-run"}, {"STATE_FILE", "/s"}})).settings->state_file
        == "/s"); // it reads the mark
    CHECK_FALSE(
        settings({"--from-rejects=rejects", "--updated-since=7d"}, {}, {{"rejects", "{\"conversation\":\"c\"}\n"}})
            .updated_since); // rejects are tried, whenever they changed
}
