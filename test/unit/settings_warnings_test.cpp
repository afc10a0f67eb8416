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
