// What settings choose: conversations, messages, columns, and what the commands take of them.

#include "support/scratch_file.hpp"
#include "support/settings_input.hpp"

#include "app/settings/settings.hpp"
#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("dates are inclusive: a date alone means its whole day, no offset means UTC")
{
    auto const s = settings({"--created-from=2025-07-10", "--created-to=2025-07-10"});
    CHECK(s.selection.created_from == "2025-07-10T00:00:00Z");
    CHECK(s.selection.created_to == "2025-07-10T23:59:59.999999Z");
    CHECK(settings({"--created-from=2025-07-10T01:00:00.5+05:30"}).selection.created_from == "2025-07-09T19:30:00.5Z");
    CHECK(settings({"--created-to=2025-07-10T01:00:00"}).selection.created_to == "2025-07-10T01:00:00Z");
    CHECK(refusal({"run", "--created-from=10.07.2025"}, kRequired)
              .starts_with("--created-from=10.07.2025: must be a date"));
    CHECK(refusal({"run", "--created-from=9999-12-31T23:59:59-01:00", "--created-to=2025-07-10"}, kRequired)
              .starts_with("--created-from=9999-12-31T23:59:59-01:00: must be a date"));
    CHECK(refusal({"run", "--created-from=2025-07-11", "--created-to=2025-07-10"}, kRequired).find("must not be before")
        != std::string::npos);
}

TEST_CASE("chosen conversations are the union of both lists")
{
    auto const s = settings({"--conversation-id=a", "--conversation-id=b,c", "--conversations-file=-"}, {},
        {{"-",
            "\xEF\xBB\xBF"
            "d\r\n\n e \nf"}});
    CHECK(*s.selection.only == std::vector<std::string>{"a", "b,c", "d", "e", "f"});
    CHECK(*settings({}, {{"CONVERSATION_IDS", "a, b,,c"}}).selection.only == std::vector<std::string>{"a", "b", "c"});
    CHECK(settings({"--conversations-file=f"}, {}, {{"f", "\n"}}).selection.only->empty());
    CHECK(refusal({"run", "--conversations-file=no"}, kRequired)
        == "--conversations-file=no: the file cannot be read: No such file or directory");
}

TEST_CASE("exclusions and columns are lists with rules")
{
    CHECK(settings({"--exclude-actor-types=none"}).clean_rules.excluded_actor_types.empty());
    CHECK(settings({"--exclude-message-types=Private, SYSTEM"}).clean_rules.excluded_message_types
        == std::vector<std::string>{"private", "system"});
    auto const s = settings({"--message-columns=id=msg,conversationid=conv,raw=payload"});
    CHECK(s.messages.column_of("id") == "msg");
    CHECK(s.messages.column_list() == "msg,conv,payload");
    CHECK(refusal({"run", "--message-columns=id,raw"}, kRequired).find("are required") != std::string::npos);
    CHECK(refusal({"run", "--message-columns=id,conversationid,raw=id"}, kRequired).find("named twice")
        != std::string::npos);
    CHECK(refusal({"run", "--message-columns=id,conversationid,raw="}, kRequired).find("expected field")
        != std::string::npos);
}

TEST_CASE("the CA file must be readable before anything is sent")
{
    CHECK(refusal({"run", "--ca-file=no.pem"}, kRequired)
        == "--ca-file=no.pem: the file cannot be read: No such file or directory");
    CHECK(settings({"--ca-file=ca.pem"}, {}, {{"ca.pem", "-----BEGIN CERTIFICATE-----\n"}}).supabase_transport.ca_file
        == "ca.pem");
}

TEST_CASE("verify has options of its own, and reads everything")
{
    auto const s = *parse({"verify", "--repair", "--sample=5"},
        with(kRequired, {{"MODE", "missing"}, {"ON_CONFLICT", "update"}, {"STATE_FILE", "/s"}, {"FROM_REJECTS", "x"}}))
                        .settings;
    CHECK(s.command == Command::verify);
    CHECK(s.repair);
    CHECK(s.writes());
    CHECK(s.selection.sample == 5);
    CHECK(s.mode == Mode::full);
    CHECK(s.messages.on_conflict == supabase::OnConflict::ignore);
    CHECK(s.state_file == "/s"); // for the marks of parted conversations
    CHECK(parse({"verify"}, with(kRequired, {{"STATE_FILE", "/s"}})).settings->state_file.empty());
    CHECK_FALSE(s.selection.only);
    CHECK_FALSE(parse({"verify"}, kRequired).settings->writes());
    CHECK(refusal({"doctor", "--state-file=a", "--rejects-file=b", "--summary-file=c", "--metrics-file=d",
                      "--report-file=e"},
              kRequired)
        == "accepted"); // it looks at them
    CHECK(refusal({"run", "--repair"}, kRequired) == "--repair is not an option of run; see --help");
    CHECK(refusal({"dry-run", "--sample=5"}, kRequired) == "--sample is not an option of dry-run; see --help");
    CHECK(
        refusal({"verify", "--from-rejects=x"}, kRequired) == "--from-rejects is not an option of verify; see --help");
    CHECK(refusal({"verify", "--sample=0"}, kRequired) == "--sample=0: must be a whole number from 1 to 1000000000");
    CHECK_FALSE(parse({"run"}, with(kRequired, {{"REPAIR", "1"}, {"SAMPLE", "5"}})).settings->selection.sample);
}

TEST_CASE("trying rejects again passes over nothing, whatever the mode")
{
    Variables const files{{"rejects", "{\"conversation\":\"c\"}\n"}};
    for (auto const* mode : {"full", "incremental", "missing"}) {
        auto const again = settings({"--from-rejects=rejects"}, {{"MODE", mode}}, files);
        CHECK(again.mode == Mode::full);
        CHECK(again.selection.only == std::vector<ConversationId>{"c"});
    }
}

TEST_CASE("variables that status does not take do it no harm, whatever they hold; its command line is held to them")
{
    Variables variables{{"SUPABASE_URL", "https://abc.supabase.co"}, {"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_x"}};
    for (auto const* name : {"BATCH_SIZE", "PAGE_DELAY", "CONCURRENCY", "PACE", "QUOTA_SHARE", "MAX_WAIT", "MODE",
             "SHARD", "MAX_DURATION", "REJECTS_WITH_ROWS", "ON_NOT_FOUND", "ON_CONFLICT", "PROGRESS", "CREATED_FROM",
             "MAX_CONVERSATIONS", "FROM_REJECTS", "PUSHGATEWAY_URL"}) {
        variables[name] = "?";
    }
    auto const status = parse({"status", "--json"}, variables);
    CHECK(status.settings->json);
    CHECK(status.settings->warnings.empty());
    CHECK(refusal({"status", "--batch-size=5"}, variables) == "--batch-size is not an option of status; see --help");
    CHECK(refusal({"status", "--request-timeout=0"}, variables).starts_with("--request-timeout=0: must be"));
}

TEST_CASE("the tables' columns, key and schema are taken by their names")
{
    auto const usual = settings({});
    CHECK(usual.conversations.id == "id");
    CHECK(usual.conversations.created_time == "created_time");
    CHECK(usual.messages.key_list() == "id");
    auto const s = settings({"--conversation-columns=id=freshchat_id, created_time = created_at",
        "--message-columns=id=nr,conversationid=conv,parts=body", "--message-key=conv,nr", "--schema=crm"});
    CHECK(s.conversations.id == "freshchat_id");
    CHECK(s.conversations.created_time == "created_at");
    CHECK(s.messages.column_list() == "nr,conv,body");
    CHECK(s.messages.key_list() == "conv,nr");
    CHECK(s.messages.parts_by_conversation());
    CHECK(s.schema == "crm");
    CHECK(settings({"--conversation-columns=id"}).conversations.created_time.empty());
}
