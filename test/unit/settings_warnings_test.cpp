// Which of several sources and names counts, and what a run says of settings that were meant but do nothing.

#include "support/settings_input.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::app;
using namespace backfill::test;

namespace {

using Warnings = std::vector<std::string>;

/// Without SUPABASE_URL and the key.
Variables bare()
{
    return {{"FRESHCHAT_TOKEN", "tok"}, {"FRESHCHAT_DOMAIN", "acme.freshchat.com"}};
}

std::string host_of(Variables const& environment, std::vector<std::string> const& files)
{
    std::vector<std::string> arguments{"run"};
    Variables texts;
    for (auto const& text : files) {
        auto const name = "f" + std::to_string(texts.size());
        texts[name] = text;
        arguments.push_back("--env-file=" + name);
    }
    return parse(arguments, with(with(bare(), {{"SUPABASE_SECRET_KEY", "sb_secret_x"}}), environment), texts)
        .settings->supabase.host;
}

} // namespace

TEST_CASE("a later source wins by whatever name of the setting it uses")
{
    std::string const a = "SUPABASE_URL=https://a.supabase.co";
    std::string const b = "NEXT_PUBLIC_SUPABASE_URL=https://b.supabase.co";
    CHECK(host_of({}, {a, b}) == "b.supabase.co");
    CHECK(host_of({}, {b, a}) == "a.supabase.co");
    CHECK(host_of({}, {a, "NEXT_PUBLIC_SUPABASE_URL= "}) == "a.supabase.co"); // a blank one is none
    CHECK(host_of({}, {a + "\n" + b}) == "a.supabase.co");
    CHECK(host_of({{"NEXT_PUBLIC_SUPABASE_URL", "https://c.supabase.co"}}, {a, b}) == "c.supabase.co");
    CHECK(host_of({},
              {"HOST=a\nSUPABASE_URL=https://x.supabase.co",
                  "HOST=b\nNEXT_PUBLIC_SUPABASE_URL=https://$HOST.supabase.co"})
        == "b.supabase.co"); // names in values are still looked up in all files

    Variables const files{{"old", "SUPABASE_SECRET_KEY=sb_secret_old\n"},
        {"new", "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY=sb_secret_new\n"}};
    auto const url = with(bare(), {{"SUPABASE_URL", "https://abc.supabase.co"}});
    auto const key_of = [&](std::vector<std::string> const& arguments, Variables const& variables) {
        return parse(arguments, with(url, variables), files).settings->supabase_key.reveal();
    };
    CHECK(key_of({"run", "--env-file=old", "--env-file=new"}, {}) == "sb_secret_new");
    CHECK(key_of({"run", "--env-file=new", "--env-file=old"}, {}) == "sb_secret_old");
    CHECK(key_of({"run", "--env-file=old"}, {{"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_env"}}) == "sb_secret_env");
    auto const both = parse({"run", "--env-file=old", "--env-file=new"}, url, files);
    CHECK(both.settings->supabase_key_others == Warnings{"SUPABASE_SECRET_KEY"});
}

TEST_CASE("two names of one setting that differ in the same source are told of, once")
{
    auto const differing = with(bare(),
        {{"SUPABASE_SECRET_KEY", "sb_secret_x"}, {"SUPABASE_URL", "https://a.supabase.co"},
            {"NEXT_PUBLIC_SUPABASE_URL", "https://b.supabase.co"}});
    Warnings const told{"SUPABASE_URL is used; NEXT_PUBLIC_SUPABASE_URL is set too, to something else."};
    CHECK(parse({"run"}, differing).settings->warnings == told);
    CHECK(parse({"status"}, differing).settings->warnings == told);
    auto const config = parse({"config"}, differing);
    CHECK(config.notes == told);
    CHECK(config.text.find("SUPABASE_URL (not used: NEXT_PUBLIC_SUPABASE_URL)") != std::string::npos);

    auto const quiet = [&](std::vector<std::string> const& arguments, Variables const& changes,
                           std::string const& file = {}) {
        return parse(arguments, with(differing, changes), {{"f", file}}).settings->warnings.empty();
    };
    CHECK(quiet({"run"}, {{"NEXT_PUBLIC_SUPABASE_URL", "https://a.supabase.co/"}}));
    CHECK(quiet({"run", "--supabase-url=https://c.supabase.co"}, {}));
    CHECK(quiet({"run", "--env-file=f"}, {{"NEXT_PUBLIC_SUPABASE_URL", ""}},
        "NEXT_PUBLIC_SUPABASE_URL=https://b.supabase.co")); // the stronger source is meant to win
    CHECK_FALSE(quiet({"run", "--env-file=f"}, {{"NEXT_PUBLIC_SUPABASE_URL", ""}, {"SUPABASE_URL", ""}},
        "SUPABASE_URL=https://a.supabase.co\nNEXT_PUBLIC_SUPABASE_URL=https://b.supabase.co"));
}

TEST_CASE("a name that is nearly a setting's is told of, where that setting is unset")
{
    auto const told = [](std::vector<std::string> const& arguments, Variables const& more,
                          std::string const& file = {}) {
        return parse(arguments, with(kRequired, more), {{".env", file}}).settings->warnings;
    };
    std::vector<std::string> const run{"run", "--env-file=.env"};
    CHECK(told(run, {}, "BATCH_SIZ=50\n")
        == Warnings{"BATCH_SIZ in .env is no setting, so it has no effect; did you mean BATCH_SIZE?"});
    CHECK(told({"run"}, {{"BATCH_SIZ", "50"}})
        == Warnings{"BATCH_SIZ is no setting, so it has no effect; did you mean BATCH_SIZE?"});
    CHECK(told({"verify"}, {{"CREATED_FORM", "2025-07-10"}}).size() == 1); // letters in the wrong order
    CHECK(told({"status"}, {{"request_timeout", "5"}}).size() == 1);
    CHECK(told({"run"}, {{"HEALTHCHECKURL", "x"}}).size() == 1);
    CHECK(told({"run"}, {{"HEALTHCHECK_URL_FIL", "x"}}).size() == 1);

    CHECK(told({"run", "--batch-size=5"}, {{"BATCH_SIZ", "50"}}).empty()); // it is set after all
    CHECK(told(run, {{"BATCH_SIZE", "5"}}, "BATCH_SIZ=50\n").empty());
    CHECK(told({"run"}, {{"BATCH_SIZ", " "}}).empty());
    CHECK(told({"status"}, {{"BATCH_SIZ", "50"}}).empty());                               // takes no BATCH_SIZE
    CHECK(told({"run"}, {{"BATCH_SI", "50"}, {"MODES", "x"}, {"PATH", "/bin"}}).empty()); // too far, too short
    CHECK(told(run, {}, "BATCH_SIZ=$NOWHERE\n").size() == 1);                             // is not expanded
}

TEST_CASE("names that apps have beside ours are told of by nobody")
{
    Variables foreign;
    for (auto const* name : {"DATABASE_URL", "DIRECT_URL", "POSTGRES_URL", "POSTGRES_PRISMA_URL", "NODE_ENV", "PORT",
             "VERCEL_URL", "VERCEL_ENV", "LOG_LEVEL", "SUPABASE_DB_URL", "SUPABASE_JWT_SECRET", "SUPABASE_PROJECT_ID",
             "SUPABASE_PROJECT_REF", "SUPABASE_ACCESS_TOKEN", "SUPABASE_DB_PASSWORD", "SUPABASE_SECRET_KEYS",
             "SUPABASE_PUBLISHABLE_KEYS", "SUPABASE_KEY", "SUPABASE_API_KEY", "SUPABASE_API_URL",
             "NEXT_PUBLIC_SITE_URL", "NEXT_PUBLIC_APP_URL", "NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY",
             "NEXT_PUBLIC_SUPABASE_PUBLISHABLE_DEFAULT_KEY", "NUXT_PUBLIC_SUPABASE_URL", "VITE_SUPABASE_URL",
             "EXPO_PUBLIC_SUPABASE_ANON_KEY", "NUXT_PUBLIC_SUPABASE_ANON_KEY", "FRESHCHAT_API_KEY",
             "FRESHCHAT_API_TOKEN", "FRESHCHAT_API_URL", "FRESHCHAT_APP_ID", "NEXTAUTH_URL", "NEXTAUTH_SECRET",
             "OPENAI_API_KEY", "REDIS_URL", "SENTRY_DSN", "STRIPE_SECRET_KEY", "WEB_CONCURRENCY", "TZ", "HOME"}) {
        foreign[name] = "x";
    }
    for (auto const* command : {"run", "dry-run", "verify", "status", "doctor", "schema"}) {
        CHECK(parse({command}, with(kRequired, foreign)).settings->warnings.empty());
    }
}

TEST_CASE("where a required setting is missing, the name that was meant to set it is told of with it")
{
    auto variables = kRequired;
    variables.erase("FRESHCHAT_TOKEN");
    CHECK(refusal({"run", "--env-file=f"}, variables, {{"f", "FRESHCHAT_TOKN=hunter2"}})
        == "FRESHCHAT_TOKEN is not set; give the account's API token, or FRESHCHAT_TOKEN_FILE\n"
           "FRESHCHAT_TOKN in f is no setting, so it has no effect; did you mean FRESHCHAT_TOKEN?");
}

TEST_CASE("an option that the command ignores is told of, a variable is not: other commands share it")
{
    struct Use {
        std::vector<std::string> arguments;
        std::string said; ///< empty: nothing
    };
    auto const use = GENERATE(values<Use>({
        {{"verify", "--mode=missing"}, "--mode: without effect, since verify compares"},
        {{"verify", "--repair", "--on-conflict=update", "--mode=full"}, "--mode, --on-conflict: without effect"},
        {{"verify", "--state-file=s"}, "--state-file: without effect, since verify keeps no state without --repair."},
        {{"verify", "--state-file=s", "--repair"}, ""}, {{"verify", "--state-file=s", "--updated-since=last-run"}, ""},
        {{"verify", "--rejects-file=r"}, "--rejects-file: without effect, since nothing is stored."},
        {{"verify", "--rejects-file=r", "--repair"}, ""},
        {{"dry-run", "--rejects-file=r", "--rejects-with-rows"}, "--rejects-file, --rejects-with-rows: without effect"},
        {{"dry-run", "--mode=missing", "--on-conflict=update", "--state-file=s"}, ""},
        {{"run", "--from-rejects=r", "--mode=incremental"}, "--mode: without effect, since FROM_REJECTS"},
        {{"run", "--from-rejects=r", "--updated-since=7d"}, "--updated-since: without effect, since FROM_REJECTS"},
        {{"run", "--rejects-file=r", "--rejects-with-rows", "--mode=incremental"}, ""},
        {{"doctor", "--rejects-file=r", "--mode=incremental", "--state-file=s"}, ""}, // checks what runs take
    }));
    CAPTURE(use.arguments);
    auto const warnings = parse(use.arguments, kRequired, {{"r", "{\"conversation\":\"c\"}\n"}}).settings->warnings;
    CHECK(warnings.size() == (use.said.empty() ? 0 : 1));
    CHECK((warnings.empty() || warnings.front().starts_with(use.said)));

    auto const by_variable = with(
        kRequired, {{"MODE", "incremental"}, {"ON_CONFLICT", "ignore"}, {"STATE_FILE", "s"}, {"REJECTS_FILE", "x"}});
    CHECK(parse({"verify"}, by_variable).settings->warnings.empty());
    CHECK(parse({"dry-run"}, by_variable).settings->warnings.empty());
}

TEST_CASE("a setting that does nothing without another one is told of where that is unset or set so")
{
    struct Use {
        std::vector<std::string> arguments;
        Variables variables;
        Warnings said;
    };
    std::string const no_text = "id,conversationid,created_time,raw,parts";
    std::string const idle_parts = "OTHER_PARTS: without effect, since MESSAGE_COLUMNS leaves out message_parts.";
    auto const use = GENERATE_COPY(values<Use>({
        {{"run"}, {{"NOTIFY_ON", "always"}}, {"NOTIFY_ON: without effect, since NOTIFY_URL is not set."}},
        {{"doctor", "--notify-on=always"}, {}, {"--notify-on: without effect, since NOTIFY_URL is not set."}},
        {{"run"}, {{"NOTIFY_ON", "always"}, {"NOTIFY_URL", "https://h/x"}}, {}},
        {{"run"}, {{"NOTIFY_ON", "always"}, {"NOTIFY_URL_FILE", "url"}}, {}},
        {{"status"}, {{"NOTIFY_ON", "always"}}, {}}, // takes none
        {{"run"}, {{"REJECTS_WITH_ROWS", "1"}}, {"REJECTS_WITH_ROWS: without effect, since REJECTS_FILE is not set."}},
        {{"verify", "--repair"}, {{"REJECTS_WITH_ROWS", "yes"}},
            {"REJECTS_WITH_ROWS: without effect, since REJECTS_FILE is not set."}},
        {{"run"}, {{"REJECTS_WITH_ROWS", "0"}}, {}},
        {{"verify"}, {{"REJECTS_WITH_ROWS", "1"}}, {}},
        {{"dry-run", "--rejects-with-rows"}, {},
            {"--rejects-with-rows: without effect, since nothing is stored."}}, // once
        {{"run"}, {{"OTHER_PARTS", "describe"}, {"MESSAGE_COLUMNS", no_text}}, {idle_parts}},
        {{"doctor"}, {{"OTHER_PARTS", "describe"}, {"MESSAGE_COLUMNS", no_text}}, {idle_parts}},
        {{"run"}, {{"OTHER_PARTS", "none"}, {"MESSAGE_COLUMNS", no_text}}, {}},
        {{"run"}, {{"OTHER_PARTS", "describe"}, {"MESSAGE_COLUMNS", "id,conversationid,message_parts=body"}}, {}},
        {{"run"}, {{"PROGRESS_INTERVAL", "5s"}, {"PROGRESS", "none"}},
            {"PROGRESS_INTERVAL: without effect, since PROGRESS=none."}},
        {{"run"}, {{"PROGRESS_INTERVAL", "5s"}}, {}},
    }));
    CAPTURE(use.arguments, use.variables);
    CHECK(
        parse(use.arguments, with(kRequired, use.variables), {{"url", "https://h/x"}}).settings->warnings == use.said);
}

TEST_CASE("where a required setting is missing, names of its side and kind that are no settings are listed")
{
    auto const lines = [](std::string const& missing, Variables const& more, std::string const& file = {}) {
        auto variables = with(kRequired, more);
        variables.erase(missing);
        auto const text = refusal({"run", "--env-file=f"}, variables, {{"f", file}});
        CHECK(text.find("hunter2") == std::string::npos);
        auto const end = text.find('\n');
        return end == std::string::npos ? "" : text.substr(end + 1);
    };
    CHECK(lines("FRESHCHAT_TOKEN", {{"FRESHCHAT_API_TOKEN", "hunter2"}, {"FRESHCHAT_URL", "x"}},
              "NEXT_PUBLIC_FRESHCHAT_API_KEY=hunter2\nfreshchat_apikey=hunter2")
        == "set, but no setting: FRESHCHAT_API_TOKEN, NEXT_PUBLIC_FRESHCHAT_API_KEY in f, freshchat_apikey in f (meant "
           "for FRESHCHAT_TOKEN?)");
    CHECK(lines("FRESHCHAT_DOMAIN", {{"FRESHCHAT_URL", "x"}, {"FRESHCHAT_API_TOKEN", "x"}})
        == "set, but no setting: FRESHCHAT_URL (meant for FRESHCHAT_DOMAIN?)");
    CHECK(lines("SUPABASE_URL", {{"SUPABASE_API_URL", "x"}, {"SUPABASE_DB_URL", "x"}, {"SUPABASE_KEY", "x"}})
        == "set, but no setting: SUPABASE_API_URL (meant for SUPABASE_URL?)");
    CHECK(lines("SUPABASE_SERVICE_ROLE_KEY",
              {{"SUPABASE_SERVICE_KEY", "hunter2"}, {"SUPABASE_JWT_SECRET", "x"}, {"SUPABASE_ACCESS_TOKEN", "x"},
                  {"NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY", "x"}, {"SUPABASE_API_URL", "x"}, {"OPENAI_API_KEY", "x"}})
        == "set, but no setting: SUPABASE_SERVICE_KEY (meant for SUPABASE_SECRET_KEY?)");
    CHECK(lines("FRESHCHAT_TOKEN", {{"FRESHCHAT_APP_KEY", "x"}, {"FRESHCHAT_API_TOKEN", " "}}).empty());
    CHECK(lines("FRESHCHAT_TOKEN", {{"SUPABASE_SERVICE_KEY", "x"}}).empty());
    CHECK(lines("", {{"BATCH_SIZE", "x"}, {"FRESHCHAT_API_TOKEN", "x"}}).empty()); // nothing is missing
    CHECK(refusal({"schema"}, {{"SUPABASE_SERVICE_KEY", "x"}, {"MESSAGE_KEY", "nr"}}).find("SERVICE_KEY")
        == std::string::npos); // needs none
}

TEST_CASE("an env file that lies here and is not read is pointed at where a required setting is missing")
{
    auto const told = [](std::vector<std::string> const& arguments, Variables const& files) {
        return refusal(arguments, bare(), files);
    };
    CHECK(told({"run"}, {{".env.local", ""}, {".env", ""}})
              .ends_with("\nthere is a .env.local here: add --env-file .env.local"));
    CHECK(told({"run"}, {{".env", ""}}).ends_with("\nthere is a .env here: add --env-file .env"));
    CHECK(told({"run", "--env-file=f"}, {{".env", ""}, {"f", ""}}).find(".env here") == std::string::npos);
    CHECK(told({"run"}, {}).find(".env") == std::string::npos);
    CHECK(refusal({"run", "--batch-size=x"}, kRequired, {{".env", ""}}).find(".env") == std::string::npos);
}
