// The page about a run: its numbers are the summary's, and nothing on it is anything but text.

#include "app/page/page.hpp"
#include "app/page/verdict.hpp"
#include "app/settings/settings.hpp"
#include "support/page_reader.hpp"
#include "support/pipeline_bench.hpp"

#include <catch2/catch.hpp>
#include <openssl/evp.h>

#include <array>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

std::string page_of(PipelineBench const& bench, Ending ending, int code)
{
    return report_page(bench.settings, *bench.facts, {ending, code, std::chrono::system_clock::from_time_t(0)});
}

std::string sha256_base64(std::string const& text)
{
    std::array<unsigned char, 32> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::array<unsigned char, 64> base64{};
    EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
    return reinterpret_cast<char const*>(base64.data());
}

} // namespace

TEST_CASE("however a run goes, the page holds the numbers of its closing lines")
{
    auto const seed = GENERATE(range(0U, 8U));
    PipelineBench bench;
    bench.settings.report_file = "any";
    bench.add_conversations(30, 4);
    bench.break_at_random(seed);
    auto const ending = bench.run();
    auto const page = page_of(bench, ending, ending == Ending::complete ? bench.exit_code() : 1);
    auto const summary = bench.summary();
    CHECK(number(page, "Conversations", "in all") == summary.at("totalConversations"));
    CHECK(number(page, "Conversations", "processed") == summary.at("conversationsProcessed"));
    CHECK(number(page, "Conversations", "failed") == summary.at("conversationsFailed"));
    CHECK(number(page, "Messages", "new") == summary.at("totalMessagesInserted"));
    CHECK(number(page, "Messages", "failed") == summary.at("totalMessagesFailed"));
    auto const rows = between(page, "<table class=\"failed\">", "</table>");
    long listed = 0;
    for (std::size_t at = rows.find("<tr><td>"); at != std::string::npos; at = rows.find("<tr><td>", at + 1)) {
        ++listed;
    }
    CHECK((summary.at("conversationsFailed") == 0 || listed == summary.at("conversationsFailed")));
}

TEST_CASE("conversations that are skipped are called so on the page, as in every other output")
{
    PipelineBench bench;
    bench.settings.mode = Mode::missing;
    bench.add_conversations(5, 2);
    bench.store("c2", "c2-m1");
    auto const page = page_of(bench, bench.run(), 0);
    CHECK(number(page, "Conversations", "skipped") == 1);
    CHECK(bench.summary().at("conversationsSkipped") == 1);
    CHECK(holds(page, ">skipped (MODE=missing)</text>"));
}

TEST_CASE("an id that tries to be markup stays text wherever it stands")
{
    std::string const hostile = "\"><script>alert(1)</script><img src=x onerror='1'>\x1B[31m";
    PipelineBench bench;
    bench.settings.report_file = "any";
    bench.settings.freshchat.host = bench.settings.supabase.host = hostile;
    bench.settings.conversations = hostile;
    bench.begin();
    bench.report->found(2, 2);
    bench.report->conversation_failed({hostile, ConversationFailure::other, hostile});
    bench.report->message_lost("c", {"m", hostile, hostile});
    bench.report->fatal(hostile);
    auto const page = page_of(bench, Ending::fatal, 1);
    CHECK_FALSE(holds(page, "<script>alert"));
    CHECK_FALSE(holds(page, "<img"));
    CHECK_FALSE(holds(page, "\x1B"));
    CHECK(holds(page,
        "<tr><td>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;1&#39;&gt;\\x1B[31m</td>"));
}

TEST_CASE("the page asks for nothing, and its content policy allows just its own style and script")
{
    PipelineBench bench;
    bench.settings.report_file = "any";
    bench.add_conversations(3, 2);
    bench.run();
    auto const page = page_of(bench, Ending::complete, 0);
    for (auto const* part :
        {"http:", "https:", "//cdn", " src=", " href=", "url(", "@import", " style=", " onclick="}) {
        CAPTURE(part);
        CHECK_FALSE(holds(page, part));
    }
    CHECK(holds(page, "default-src 'none';"));
    CHECK(holds(page, "style-src 'sha256-" + sha256_base64(between(page, "<style>", "</style>")) + "';"));
    CHECK(holds(page, "script-src 'sha256-" + sha256_base64(between(page, "<script>", "</script>")) + "'\""));
}

TEST_CASE("of very many failed conversations those that are kept are listed, and the page says how many more there are")
{
    PipelineBench bench;
    bench.report_failures(5003);
    auto const page = page_of(bench, Ending::complete, 3);
    CHECK(holds(page, "<tr><td>c4999</td>"));
    CHECK_FALSE(holds(page, "<tr><td>c5000</td>"));
    CHECK(holds(page, "The other <data value=\"3\">3</data> are named"));
}

TEST_CASE("the verdict says how the run ended and what to do next")
{
    Settings settings;
    RunSnapshot run;
    auto const judged = [&](Ending ending, int code) {
        auto const result = verdict(settings, run, {ending, code, {}});
        std::string next;
        for (auto const& step : result.next) {
            next += step + "\n";
        }
        return result.heading + "\n" + next;
    };
    SECTION("all is well")
    {
        CHECK(judged(Ending::complete, 0).starts_with("Everything asked for is stored\nNothing. "));
        settings.command = Command::verify;
        CHECK(judged(Ending::complete, 0).starts_with("Both sides are equal\n"));
        settings.command = Command::dry_run;
        run.messages.fresh = 12;
        CHECK(holds(judged(Ending::complete, 0), "would store 12 messages"));
    }
    SECTION("failures, by what can be done about them")
    {
        run.conversations.failed = 3;
        run.conversation_failures = {{"not_found", 2}, {"upsert", 1}, {"server", 3}, {"throttled", 4}};
        run.message_failures = {{"lost", 4}, {"unusable", 1}, {"23514", 2}, {"not_stored", 3}};
        run.messages.failed = 10;
        auto const text = judged(Ending::complete, 3);
        CHECK(text.starts_with("Finished, but 3 conversations failed\n2 conversations not found"));
        CHECK(holds(text, "2 conversations not found at Freshchat"));
        CHECK(holds(text, "set <code>ON_NOT_FOUND=ignore</code>, so"));
        CHECK(holds(text, "3 conversations failed on the network"));
        CHECK(holds(text, "4 conversations throttled by Freshchat"));
        CHECK(holds(text, "1 message came without an id"));
        CHECK(holds(text, "2 messages refused by the database"));
        CHECK(holds(text, "3 messages taken by the database without an error, and not stored"));
        run.conversations.failed = 0;
        CHECK(judged(Ending::complete, 3).starts_with("Finished, but 10 messages could not be stored\n"));
    }
    SECTION("failures of what only reads")
    {
        settings.command = GENERATE(Command::dry_run, Command::verify);
        run.conversations.failed = 1;
        run.conversation_failures = {{"other", 1}};
        auto const text = judged(Ending::complete, 3);
        CHECK(text.starts_with("Finished, but 1 conversation failed\n"));
        CHECK(holds(text, "1 conversation failed for other reasons"));
        CHECK_FALSE(holds(text, "Nothing. "));
    }
    SECTION("a difference")
    {
        settings.command = Command::verify;
        run.messages.fresh = 1;
        run.messages.surplus = 2;
        auto const text = judged(Ending::complete, 3);
        CHECK(text.starts_with("The two sides differ\n1 message missing"));
        CHECK(holds(text, "verify --repair"));
        CHECK(holds(text, "2 messages in the table but not at Freshchat"));
    }
    SECTION("conversations that moved in the list")
    {
        run.conversations = {.taken = 3, .processed = 1, .unread = 2};
        CHECK(judged(Ending::complete, 3)
                  .starts_with("Finished, but 2 conversations moved in the list and went unread\n2 conversations "
                               "came to, or moved to"));
    }
    SECTION("an early end")
    {
        run.conversations.taken = 10;
        CHECK(judged(Ending::stopped, 143).starts_with("Stopped by a signal\n10 conversations not reached."));
        CHECK(holds(judged(Ending::stopped, 10), "Without a <code>STATE_FILE</code> it begins at the oldest"));
        settings.state_file = "state.json";
        CHECK(judged(Ending::stopped, 10).starts_with("Stopped at MAX_DURATION\n"));
        CHECK(holds(judged(Ending::stopped, 10), "With the same <code>STATE_FILE</code>"));
        run.quota_back = "later";
        CHECK(judged(Ending::stopped, 10).starts_with("Stopped: Freshchat’s quota is used up\n"));
        CHECK(judged(Ending::stopped, 143).starts_with("Stopped by a signal\n"));
        run.fatal = "Supabase refused the `key` & more";
        CHECK(judged(Ending::fatal, 1)
                  .starts_with("The run could not go on\nSupabase refused the &#39;key&#39; &amp; more. When that is "
                               "fixed, run it again"));
        CHECK(holds(judged(Ending::fatal, 1), "stored"));
    }
    SECTION("an early end of what stores nothing")
    {
        settings.command = GENERATE(Command::dry_run, Command::verify);
        settings.state_file = "state.json"; // a dry run begins where it stands, but leaves it there
        run.conversations.taken = 10;
        run.fatal = "Supabase refused the key";
        for (auto const& [ending, code] :
            {std::pair{Ending::stopped, 143}, {Ending::stopped, 10}, {Ending::fatal, 1}}) {
            auto const text = judged(ending, code) + verdict(settings, run, {ending, code, {}}).meaning;
            CAPTURE(text);
            CHECK_FALSE(holds(text, "stored"));
            CHECK_FALSE(holds(text, "next run goes on"));
            CHECK(holds(text, "again"));
        }
        settings.command = Command::verify;
        settings.repair = true;
        CHECK(holds(verdict(settings, run, {Ending::stopped, 10, {}}).meaning, "is stored"));
    }
    SECTION("a standard output that could not be written")
    {
        auto const torn = [&](Ending ending) { return verdict(settings, run, {ending, 1, {}, "No space"}); };
        CHECK(torn(Ending::complete).heading == "Finished, but standard output could not be written");
        CHECK(torn(Ending::stopped).heading == "Stopped, but standard output could not be written");
        CHECK(torn(Ending::fatal).heading == "The run could not go on");
        for (auto const ending : {Ending::complete, Ending::stopped, Ending::fatal}) {
            auto const result = torn(ending);
            CHECK(result.grade == "bad");
            CHECK(result.meaning
                == (ending == Ending::fatal ? "fatal: the run could not go on"
                                            : "lines are missing on standard output"));
            CHECK(result.next.back().starts_with("Standard output could not be written: No space. Lines are missing"));
        }
    }
}
