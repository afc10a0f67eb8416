#include "support/scratch_file.hpp"
#include "support/settings_input.hpp"

#include "app/settings/env_file.hpp"
#include "app/settings/specs.hpp"

#include "app/settings/settings.hpp"
#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;
using namespace std::chrono_literals;

TEST_CASE("without further settings the documented defaults hold")
{
    auto const s = settings({});
    CHECK(s.command == Command::run);
    CHECK(s.freshchat.text() == "https://acme.freshchat.com/v2");
    CHECK(s.supabase.text() == "https://abc.supabase.co/rest/v1");
    CHECK(s.batch_size == 50);
    CHECK(s.rate_limit_delay == 1000ms);
    CHECK(s.batch_delay == 5000ms);
    CHECK(s.page_delay == 500ms);
    CHECK(s.concurrency == 1);
    CHECK_FALSE(s.verbose);
    CHECK(s.clean_rules.excluded_actor_types == std::vector<std::string>{"system"});
    CHECK(s.clean_rules.excluded_message_types.empty());
    CHECK(s.other_parts == OtherParts::none);
    CHECK(settings({"--other-parts=describe"}).other_parts == OtherParts::describe);
    CHECK(s.messages.column_list() == "id,conversationid,actor_type,message_parts,created_time");
    CHECK(s.messages.on_conflict == supabase::OnConflict::ignore);
    CHECK(s.freshchat_transport.request_timeout == 60s);
    CHECK(s.freshchat_transport.connect_timeout == 10s);
    CHECK_FALSE(s.selection.only);
    CHECK_FALSE(s.selection.limit);
    CHECK(s.warnings.empty());
}

TEST_CASE("an option wins over a variable, a variable over the env file, the env file over the default")
{
    Variables const file{{"f", "BATCH_SIZE=3\nPAGE_DELAY=3\nBATCH_DELAY=3\n"}};
    auto const s = settings({"--batch-size=1", "--env-file", "f"}, {{"BATCH_SIZE", "2"}, {"PAGE_DELAY", "2"}}, file);
    CHECK(s.batch_size == 1);
    CHECK(s.page_delay == 2ms);
    CHECK(s.batch_delay == 3ms);
    CHECK(s.rate_limit_delay == 1000ms);
}

TEST_CASE("blank variables count as unset, blanks and one pair of quotes are stripped")
{
    auto const s =
        settings({}, {{"BATCH_SIZE", "  "}, {"PAGE_DELAY", " \"7\" "}, {"FRESHCHAT_DOMAIN", "'acme.freshchat.com'"}});
    CHECK(s.batch_size == 50);
    CHECK(s.page_delay == 7ms);
    CHECK(s.freshchat.host == "acme.freshchat.com");
}

TEST_CASE("a bad env file is refused without its text")
{
    CHECK(refusal({"run", "--env-file=no/such"}, kRequired)
        == "--env-file=no/such: the file does not exist; in a container, the program sees only what is mounted; "
           "README's quick start shows --env-file /dev/stdin");
    CHECK(refusal({"run", "--env-file=/"}, kRequired) == "--env-file=/: the file cannot be read: Is a directory");
    CHECK(refusal({"run", "--env-file=f"}, kRequired, {{"f", "A=1\nFRESHCHAT_TOKEN top secret\n"}})
        == "--env-file=f, line 2: expected FRESHCHAT_TOKEN=value");
}

TEST_CASE("numbers out of range and what is no number are refused by name")
{
    auto const value = GENERATE(as<std::string>{}, "-1", "0", "1001", "4294967295", "99999999999999999999", "1.5",
        "nan", "inf", "0x10", "5 5", "five", "4294967297", "9223372036854775808", "1e3", "+5", "5s");
    CHECK(refusal({"run"}, with(kRequired, {{"BATCH_SIZE", value}}))
        == "BATCH_SIZE=" + value + ": must be a whole number from 1 to 1000");
    CHECK(refusal({"run", "--batch-size=" + value}, kRequired)
        == "--batch-size=" + value + ": must be a whole number from 1 to 1000");
}

TEST_CASE("each number has its own range")
{
    auto const [option, low, high] = GENERATE(
        table<std::string, long long, long long>({{"--batch-size", 1, 1000}, {"--rate-limit-delay", 0, 3'600'000},
            {"--batch-delay", 0, 3'600'000}, {"--page-delay", 0, 3'600'000}, {"--concurrency", 1, 64},
            {"--request-timeout", 1, 600}, {"--connect-timeout", 1, 600}, {"--limit", 1, 1'000'000'000}}));
    CHECK(refusal({"run", option + "=" + std::to_string(low)}, kRequired) == "accepted");
    CHECK(refusal({"run", option, std::to_string(high)}, kRequired) == "accepted");
    CHECK(refusal({"run", option + "=" + std::to_string(low - 1)}, kRequired).starts_with(option + "="));
    CHECK(refusal({"run", option + "=" + std::to_string(high + 1)}, kRequired).starts_with(option + "="));
}

TEST_CASE("each range and each choice in the table of settings is the one that is read")
{
    auto const variables = with(kRequired, {{"JOB_COMPLETION_INDEX", "0"}});
    for (auto const& spec : setting_specs()) {
        auto const command =
            std::ranges::find_if(command_specs(), [&](auto const& one) { return takes(one, spec); })->name;
        auto const answer = [&](std::string const& value) {
            return refusal({command, spec.option + "=" + value}, variables);
        };
        CAPTURE(spec.option);
        if (auto const most = static_cast<long long>(spec.range.high); most > 0) {
            CHECK(answer(std::to_string(most)) == "accepted");
            CHECK(
                answer(std::to_string(most + 1)).starts_with(spec.option + "=" + std::to_string(most + 1) + ": must"));
        }
        for (auto const& choice : spec.choices) {
            CHECK(answer(choice.word) == "accepted");
        }
    }
}

TEST_CASE("command lines that say something else are refused")
{
    CHECK(refusal({}, kRequired)
        == "no command; expected run, dry-run, verify, config, status, doctor or schema, see --help");
    CHECK(refusal({"walk"}, kRequired)
        == "unknown command walk; expected run, dry-run, verify, config, status, doctor or schema, see --help");
    CHECK(refusal({"run", "fast"}, kRequired) == "stray argument fast after the command run; see --help");
    CHECK(refusal({"doctor", "https://hooks.example/T0/B0"}, kRequired)
        == "stray argument (not shown: it may be a secret) after the command doctor; see --help");
    CHECK(refusal({"run", "--message-table", "Conversation"}, kRequired)
        == "CONVERSATION_TABLE and MESSAGE_TABLE are both Conversation: messages need a table of their own");
    for (auto const* secret : {"https://hooks.example/T0/B0", "abcdef0123456789abcdef0123456789"}) {
        auto wrong = kRequired;
        wrong["NOTIFY_URL_FILE"] = secret; // where its file's path belongs
        CHECK(refusal({"run"}, wrong) == "NOTIFY_URL_FILE: the file cannot be read: No such file or directory");
    }
    CHECK(refusal({"run", "--batch"}, kRequired) == "unknown option --batch; see --help");
    CHECK(refusal({"run", "--token=hunter2"}, kRequired).starts_with("unknown option --token; secrets have no option"));
    CHECK(refusal({"run", "-xhunter2"}, kRequired) == "unknown option -x; see --help");
    CHECK(refusal({"run", "--batch-size"}, kRequired) != "accepted");
    CHECK(refusal({"run", "--batch-size="}, kRequired) != "accepted");
    CHECK(refusal({"run", "--batch-size=1", "--batch-size=2"}, kRequired)
        == "--batch-size is given 2 times; once is allowed");
    CHECK(refusal({"run", "--verbose=maybe"}, kRequired) != "accepted");
    CHECK(refusal({"run", "--pace=brisk"}, kRequired) == "--pace=brisk: must be fixed or adaptive");
    CHECK(refusal({"run", "--on-conflict=both"}, kRequired) == "--on-conflict=both: must be ignore or update");
}

TEST_CASE("what may be a secret is not shown, wherever it is put by mistake")
{
    auto const secret = GENERATE(
        as<std::string>{}, "hooks.slack.com/services/T0/B0/hunter2", "eyJhunter2hunter2hunter2", "https://h/hunter2");
    for (std::vector<std::string> const& line : {std::vector<std::string>{secret}, {"help", secret}, {"run", secret}}) {
        CHECK(refusal(line, kRequired).find("(not shown: it may be a secret)") != std::string::npos);
        CHECK(refusal(line, kRequired).find("hunter2") == std::string::npos);
    }
    CHECK(refusal({"run"}, with(kRequired, {{"NOTIFY_URL_FILE", secret}})).starts_with("NOTIFY_URL_FILE: the file"));
    CHECK(
        refusal({"run", "/home/joe/app/.env.local"}, kRequired).find("/home/joe/app/.env.local") != std::string::npos);
}

TEST_CASE("each required setting is missed by name")
{
    auto const name =
        GENERATE(as<std::string>{}, "FRESHCHAT_TOKEN", "FRESHCHAT_DOMAIN", "SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY");
    auto variables = kRequired;
    variables.erase(name);
    CHECK(refusal({"run"}, variables).find(name) != std::string::npos);
    CHECK(refusal({"run"}, variables).find(" is not set") != std::string::npos);
    CHECK(std::ranges::count(refusal({"run"}, {}), '\n') == 3); // all four at once
}

TEST_CASE("secrets come from the variable, its file, or the env file, and never show up in a refusal")
{
    Variables const files{{"t", " tok2\n"}, {"two", "a\nb"}, {"empty", "\n"}, {"env", "FRESHCHAT_TOKEN=tok3"}};
    auto without = kRequired;
    without.erase("FRESHCHAT_TOKEN");
    CHECK(parse({"run"}, with(without, {{"FRESHCHAT_TOKEN_FILE", "t"}}), files).settings->freshchat_token.reveal()
        == "tok2");
    CHECK(parse({"run", "--env-file=env"}, without, files).settings->freshchat_token.reveal() == "tok3");
    CHECK(parse({"run"}, with(without, {{"FRESHCHAT_TOKEN", "bearer  tok4"}})).settings->freshchat_token.reveal()
        == "tok4");
    CHECK(refusal({"run"}, with(kRequired, {{"FRESHCHAT_TOKEN_FILE", "t"}}), files)
        == "FRESHCHAT_TOKEN and FRESHCHAT_TOKEN_FILE are both set; set one of them");
    CHECK(refusal({"run"}, with(without, {{"FRESHCHAT_TOKEN_FILE", "no"}}), files)
        == "FRESHCHAT_TOKEN_FILE=no: the file cannot be read: No such file or directory");
    // The secret itself, where its file's path belongs.
    CHECK(refusal({"run"}, with(without, {{"FRESHCHAT_TOKEN_FILE", std::string(64, 's')}}))
        == "FRESHCHAT_TOKEN_FILE: the file cannot be read: No such file or directory");
    CHECK(refusal({"run"}, with(without, {{"FRESHCHAT_TOKEN_FILE", "empty"}}), files)
        == "FRESHCHAT_TOKEN_FILE=empty: the file is empty");
    CHECK(refusal({"run"}, with(without, {{"FRESHCHAT_TOKEN_FILE", "two"}}), files)
              .starts_with("FRESHCHAT_TOKEN_FILE holds a control character"));
    CHECK(refusal({"run"}, with(without, {{"FRESHCHAT_TOKEN", "hunter\r2"}})).find("hunter") == std::string::npos);
}

TEST_CASE("the key with full access wins over the anon key, wherever it comes from")
{
    auto variables = with(kRequired, {{"SUPABASE_ANON_KEY", "anon"}});
    CHECK(parse({"run"}, variables).settings->supabase_key.reveal() == "sb_secret_x");
    CHECK(parse({"run"}, variables).settings->supabase_key_role.empty());
    variables.erase("SUPABASE_SERVICE_ROLE_KEY");
    CHECK(parse({"run"}, variables).settings->supabase_key.reveal() == "anon");
    CHECK(parse({"run"}, variables).settings->supabase_key_role == "anon");
    CHECK(parse({"run", "--env-file=f"}, variables, {{"f", "SUPABASE_SECRET_KEY=full"}}).settings->supabase_key.reveal()
        == "full");
}

TEST_CASE("a service key under a NEXT_PUBLIC_ name works and is warned about once")
{
    auto variables = with(kRequired, {{"NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY", "k"}});
    CHECK(parse({"run"}, variables).settings->warnings.empty());
    variables.erase("SUPABASE_SERVICE_ROLE_KEY");
    auto const invocation = parse({"run"}, variables);
    CHECK(invocation.settings->supabase_key.reveal() == "k");
    REQUIRE(invocation.settings->warnings.size() == 1);
    CHECK(invocation.settings->warnings.front().starts_with("NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY:"));

    // The run that began this file has said it; whoever looks for what is wrong is told each time.
    ScratchFile const state{"{}"};
    auto const told = [&](std::string const& command, std::string const& file) {
        auto const parsed = parse({command}, with(variables, {{"STATE_FILE", file}}));
        auto const& lines = parsed.settings ? parsed.settings->warnings : parsed.notes;
        return std::ranges::count_if(lines, [](auto const& line) { return line.starts_with("NEXT_PUBLIC_"); });
    };
    CHECK(told("run", state.path()) == 0);
    CHECK(told("run", state.path() + "-of-a-first-run") == 1);
    for (auto const* command : {"dry-run", "verify", "status", "doctor", "config"}) {
        CAPTURE(command);
        CHECK(told(command, state.path()) == 1);
    }
}

TEST_CASE("addresses take a scheme, port and prefix, and plain http needs leave")
{
    CHECK(settings({"--freshchat-domain=https://gw:8443/acme/"}).freshchat.text() == "https://gw:8443/acme/v2");
    CHECK(settings({"--freshchat-domain=api.freshchat.com/v2"}).freshchat.text() == "https://api.freshchat.com/v2");
    CHECK(settings({"--supabase-url=http://127.0.0.1:54321/rest/v1/"}).supabase.text()
        == "http://127.0.0.1:54321/rest/v1");
    CHECK(settings({"--supabase-url=http://[::1]:54321"}).supabase.text() == "http://[::1]:54321/rest/v1");
    CHECK(refusal({"run", "--supabase-url=http://db.local"}, kRequired).starts_with("--supabase-url: plain http"));
    CHECK(settings({"--supabase-url=http://db.local", "--allow-http"}).supabase.host == "db.local");
    CHECK(
        refusal({"run", "--supabase-url=https://u:hunter2@db.local"}, kRequired).find("hunter2") == std::string::npos);
    CHECK(refusal({"run", "--supabase-url=https://u:hunter2@db.local"}, kRequired) != "accepted");
}

TEST_CASE("a refused argument cannot steer the terminal that shows it")
{
    auto const argument =
        GENERATE(as<std::string>{}, "--x\x1B[31m=", "--x\x1B[31m=1", "--x\x1B[31m", "-\x1B", "\x1B[31m");
    CAPTURE(argument);
    CHECK(refusal({"run", argument}, kRequired) != "accepted");
    CHECK(refusal({"run", argument}, kRequired).find('\x1B') == std::string::npos);
}
