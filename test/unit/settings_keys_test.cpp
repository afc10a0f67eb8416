// What is said of a key that row-level security applies to: where one with full access belongs, and which name has it.

#include "app/connections/connections.hpp"

#include "support/settings_input.hpp"
#include "support/supabase_side.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace backfill::app;
using namespace backfill::test;

namespace {

/// The warning, and the advice where a table looks empty.
std::string said_of(Variables const& keys, Variables const& files = {})
{
    auto variables = kRequired;
    variables.erase("SUPABASE_SERVICE_ROLE_KEY");
    std::vector<std::string> arguments{"run"};
    if (files.contains(".env")) {
        arguments.emplace_back("--env-file=.env");
    }
    auto const settings = *parse(arguments, with(variables, keys), files).settings;
    backfill::supabase::ApiKey const key{settings.supabase_key};
    auto said = check_key(key, settings);
    try {
        expect_full_sight(key, settings);
    } catch (backfill::FatalError const& error) {
        said += "\n" + error.advice();
    }
    return said;
}

} // namespace

TEST_CASE("an anon key in the place of one with full access is called so, and told where the right one goes")
{
    auto const anon = GENERATE(std::string{"sb_publishable_hunter2"}, jwt(R"({"role":"anon"})"));
    auto const* const name =
        GENERATE("SUPABASE_SECRET_KEY", "SUPABASE_SERVICE_ROLE_KEY", "NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY");
    auto const advice = std::string{name}
        + " holds the project's anon (publishable) key; copy the service_role or sb_secret_ key into it";
    auto const said = said_of({{name, anon}});
    CHECK(said.find("not seen. " + advice + ".\n") != std::string::npos);
    CHECK(said.ends_with("may hide them: " + advice + ", or add a policy that lets this role select."));
    CHECK(said.find("use one with full access") == std::string::npos);
    CHECK(said.find("hunter2") == std::string::npos);

    for (auto const& full : {std::string{"sb_secret_hunter2"}, jwt(R"({"role":"service_role"})")}) {
        CHECK(said_of({{name, anon}, {"SUPABASE_ANON_KEY", full}})
                  .find(advice + ": SUPABASE_ANON_KEY holds one, and is not used")
            != std::string::npos);
        CHECK(said_of({{name, full}, {"SUPABASE_ANON_KEY", anon}}).empty());
    }
}

TEST_CASE("a key with full access under a name that is not used is pointed at")
{
    std::string const anon = "sb_publishable_x";
    std::string const full = "sb_secret_hunter2";
    CHECK(said_of({{"SUPABASE_SECRET_KEY", anon}, {"SUPABASE_SERVICE_ROLE_KEY", full}})
              .find("into it: SUPABASE_SERVICE_ROLE_KEY holds one")
        != std::string::npos);
    CHECK(said_of({{"SUPABASE_SECRET_KEY", anon}}, {{".env", "SUPABASE_SECRET_KEY=" + full}})
              .find("into it: SUPABASE_SECRET_KEY in .env holds one")
        != std::string::npos);
    CHECK(said_of({{"SUPABASE_ANON_KEY", anon}, {"SUPABASE_PUBLISHABLE_KEY_FILE", "f"}}, {{"f", full}})
              .find("SUPABASE_PUBLISHABLE_KEY_FILE holds a key with full access, and is not used; copy it into "
                    "SUPABASE_SECRET_KEY")
        != std::string::npos);
    CHECK(said_of({{"SUPABASE_SECRET_KEY", jwt(R"({"role":"reader"})")}, {"SUPABASE_ANON_KEY", full}})
              .find("SUPABASE_ANON_KEY holds a key with full access, and is not used; copy it into SUPABASE_SECRET_KEY")
        != std::string::npos);
    CHECK(
        said_of({{"SUPABASE_ANON_KEY", anon}, {"SUPABASE_PUBLISHABLE_KEY", "hunter2 x"}}) // the others' faults are mute
            .find("use one with full access")
        != std::string::npos);
}
