#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("adaptive pace has no delays, eight fetchers and a quota to learn")
{
    auto const s = settings({"--pace=adaptive"});
    CHECK(s.pace == Pace::adaptive);
    CHECK(s.concurrency == 8);
    CHECK(s.most_fetchers == 64);
    CHECK(s.rate_limit_delay + s.batch_delay + s.page_delay == 0ms);
    CHECK(s.quota.max_per_minute == 0);
    CHECK(s.quota.share == 0.9);
    CHECK(s.quota.max_wait == 15min);
    CHECK(s.warnings.empty());
    CHECK(settings({"--pace=adaptive", "--concurrency=3"}).concurrency == 3);
    CHECK(settings({"--pace=adaptive", "--concurrency=3"}).most_fetchers == 0); // what is set is the most
    CHECK(settings({}).most_fetchers == 0);
    CHECK(settings({"--pace=adaptive"}, {{"CONCURRENCY", "2"}}).concurrency == 2);
    CHECK(settings({}).pace == Pace::fixed);
}

TEST_CASE("a setting that the chosen pace does not look at is named in a warning")
{
    CHECK(settings({"--quota-share=0.5"}, {{"MAX_REQUESTS_PER_MINUTE", "9"}}).warnings
        == std::vector<std::string>{"MAX_REQUESTS_PER_MINUTE, --quota-share: without effect, since PACE=fixed."});
    CHECK(settings({"--pace=adaptive"}, {{"PAGE_DELAY", "7"}}).warnings
        == std::vector<std::string>{"PAGE_DELAY: without effect, since PACE=adaptive."});
}

TEST_CASE("shares, rates and times outside their ranges are refused with the range")
{
    auto const [setting, allowed] = GENERATE(table<std::string, std::string>({
        {"--quota-share=0", "must be a number from 0.01 to 1"},
        {"--quota-share=1.01", "must be a number from 0.01 to 1"},
        {"--quota-share=nan", "must be a number from 0.01 to 1"},
        {"--quota-share=90%", "must be a number from 0.01 to 1"},
        {"--max-requests-per-minute=-1", "must be a whole number from 0 to 1000000"},
        {"--max-wait=0", "must be a time such as 90s, 15m or 2h, from 1s to 24h"},
        {"--max-wait=25h", "must be a time such as 90s, 15m or 2h, from 1s to 24h"},
        {"--max-wait=9223372036854775807h", "must be a time such as 90s, 15m or 2h, from 1s to 24h"},
        {"--max-duration=0s", "must be a time such as 90s, 15m or 2h, from 1s to 8760h"},
        {"--max-duration=1 h", "must be a time such as 90s, 15m or 2h, from 1s to 8760h"},
        {"--max-duration=soon", "must be a time such as 90s, 15m or 2h, from 1s to 8760h"},
        {"--mode=quick", "must be full or incremental or missing"},
        {"--shard=4/4", "must be i/n with n from 1 to 1000 and i from 0 to n-1"},
        {"--shard=-1/4", "must be i/n with n from 1 to 1000 and i from 0 to n-1"},
        {"--shard=0/0", "must be i/n with n from 1 to 1000 and i from 0 to n-1"},
        {"--shard=1", "must be i/n with n from 1 to 1000 and i from 0 to n-1"},
        {"--shard=1/4/2", "must be i/n with n from 1 to 1000 and i from 0 to n-1"},
        {"--shard-count=0", "must be a whole number from 1 to 1000"},
    }));
    CHECK(refusal({"run", setting}, kRequired) == setting + ": " + allowed);
}

TEST_CASE("times take a unit, and none means seconds")
{
    CHECK(settings({"--max-duration=90"}).max_duration == 90s);
    CHECK(settings({"--max-duration=90S"}).max_duration == 90s);
    CHECK(settings({"--max-duration=1500ms"}).max_duration == 1500ms);
    CHECK(settings({"--max-duration=15m"}).max_duration == 15min);
    CHECK(settings({"--max-duration=2h"}).max_duration == 2h);
    CHECK(settings({"--max-duration=1d"}).max_duration == 24h);
    CHECK_FALSE(settings({}).max_duration);
}

TEST_CASE("a full run of limited time without a state file is warned of")
{
    auto const warned = [](std::vector<std::string> arguments) {
        arguments.emplace_back("--max-duration=1h");
        return settings(std::move(arguments)).warnings.size();
    };
    CHECK(warned({}) == 1);
    CHECK(warned({"--state-file=s"}) == 0);
    CHECK(warned({"--mode=missing", "--state-file=s"}) == 0);
    for (auto const* other : {"dry-run", "verify", "status", "doctor"}) { // these leave no place
        CAPTURE(other);
        CHECK(parse({other}, with(kRequired, {{"MAX_DURATION", "1h"}})).settings->warnings.empty());
    }
}

TEST_CASE("rewriting stored rows with a mode that does not reach them is warned of")
{
    auto const warned = [](std::string const& command, std::string const& mode, std::string const& conflict) {
        auto const parsed = parse({command}, with(kRequired, {{"MODE", mode}, {"ON_CONFLICT", conflict}}));
        return parsed.settings->warnings.size();
    };
    CHECK(warned("run", "incremental", "update") == 1);
    CHECK(warned("run", "full", "update") == 0);
    CHECK(warned("run", "incremental", "ignore") == 0);
    CHECK(warned("verify", "incremental", "update") == 0); // neither means anything to it
}

TEST_CASE("rewriting stored rows by a key of which a value may change is warned of")
{
    auto const warned = [](std::string const& key, std::string const& conflict) {
        auto const parsed = parse({"run"}, with(kRequired, {{"MESSAGE_KEY", key}, {"ON_CONFLICT", conflict}}));
        return parsed.settings->warnings.size();
    };
    CHECK(warned("id,created_time", "update") == 1);
    CHECK(warned("id,created_time", "ignore") == 0);
    CHECK(warned("conversationid,id", "update") == 0);
}

TEST_CASE("a shard is named, or counted by Kubernetes")
{
    CHECK(settings({}).selection.shard == Shard{0, 1});
    CHECK(settings({"--shard=2/5"}).selection.shard == Shard{2, 5});
    CHECK(settings({"--shard=2/5"}).quota.shards == 5);
    CHECK(settings({}, {{"SHARD_COUNT", "3"}, {"JOB_COMPLETION_INDEX", "1"}}).selection.shard == Shard{1, 3});
    CHECK(settings({}, {{"JOB_COMPLETION_INDEX", "1"}}).selection.shard == Shard{0, 1});
    CHECK(refusal({"run", "--shard-count=3"}, kRequired)
        == "--shard-count=3 needs JOB_COMPLETION_INDEX, a whole number from 0 to 2; it is not set");
    CHECK(refusal({"run", "--shard-count=3"}, with(kRequired, {{"JOB_COMPLETION_INDEX", "3"}}))
        == "--shard-count=3 needs JOB_COMPLETION_INDEX, a whole number from 0 to 2; it is 3");
    CHECK(refusal({"run", "--shard-count=3", "--shard=0/3"}, kRequired)
        == "--shard and --shard-count are both set; set one of them");
}

TEST_CASE("a list of conversations without any is warned of: it is no wish for all")
{
    auto const s = settings({"--conversations-file=none"}, {}, {{"none", " \n\n"}});
    CHECK(s.selection.only->empty());
    CHECK(s.warnings == std::vector<std::string>{"--conversations-file=none holds no id: there is nothing to do."});
    CHECK(settings({"--from-rejects=none"}, {}, {{"none", ""}}).warnings.empty()); // mostly there are none
}
