// The grammar of env files: dotenv's and dotenv-expand's, as Next.js reads them, and what docker's --env-file leaves in
// values.

#include "app/settings/env_file.hpp"
#include "backfill/core/errors.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace backfill;
using namespace backfill::app;

namespace {

EnvFiles with_environment(std::map<std::string, std::string> environment)
{
    return EnvFiles{[environment = std::move(environment)](std::string const& name) {
        auto const found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional{found->second};
    }};
}

EnvFiles of(std::string_view text)
{
    auto files = with_environment({{"HOST", "outer"}, {"BLANK", " "}});
    files.add(text, ".env");
    return files;
}

std::string value_in(EnvFiles const& files, std::string const& name)
{
    auto const found = files.find(name);
    return found ? found->text : "(none)";
}

std::string refusal_of(std::string_view text, std::string const& name)
{
    try {
        return "accepted: " + value_in(of(text), name);
    } catch (UsageError const& error) {
        return error.what();
    }
}

} // namespace

TEST_CASE("a line of an env file gives A the value that dotenv gives it")
{
    struct Line {
        std::string_view text;
        std::string_view value;
    };
    auto const line = GENERATE(values<Line>({
        {"A=1", "1"},
        {"A=1\nA=2", "2"},
        {"A=", ""},
        {"  A = 1  ", "1"},
        {"\tA\t=\t1\t", "1"},
        {"export A=1", "1"},
        {"export\tA=1", "1"},
        {"export   A=1", "1"},
        {"A: 1", "1"},
        {"A:\t1", "1"},
        {"A:1", "(none)"},
        {"A", "(none)"},
        {"export A", "(none)"},
        {"export", "(none)"},
        {"exportA=1\nexport\nA=2", "2"},
        {"#A=1", "(none)"},
        {" # A=1", "(none)"},
        {"just words\nA=1", "1"},
        {"=x\nA=1", "1"},
        {"A=1 # note", "1"},
        {"A=1\t# note", "1"},
        {"A=a#b", "a#b"},
        {"A=#b", ""},
        {"A= # b", ""},
        {"A=\"x # y\"", "x # y"},
        {"A='x # y' # z", "x # y"},
        {"A=`x # y`", "x # y"},
        {"A=\"it's\"", "it's"},
        {"A='say \"x\"'", "say \"x\""},
        {"A=\"say \\\"x\\\"\"", "say \"x\""},
        {"A=\"a\\nb\\tc\\rd\\\\e\\qf\"", "a\nb\tc\rd\\e\\qf"},
        {"A='a\\nb'", "a\\nb"},
        {"A=a\\nb", "a\\nb"},
        {"A=\"one\ntwo\"", "one\ntwo"},
        {"A='one\r\ntwo'", "one\ntwo"},
        {"X=\"one\nA=5\n\"", "(none)"},
        {"X='{\n  \"A\": 5\n}'\nA=1", "1"},
        {"X=`\nA=5\n`\nA=1", "1"},
        {"2FA_KEYS=\"\nA=5\n\"\nA=1", "1"},
        {"my.key-1=\"\nA=5\n\"", "(none)"},
        {"A=\"open", "\"open"},
        {"A=\"open\nB=1", "\"open"},
        {"A=\"x\" y", "\"x\" y"},
        {"A=\"x\" # y", "x"},
        {"X=\"one\nA=5\n\" tail", "5"},
        {"A=x=y==", "x=y=="},
        {"A=1\r\nB=2\r\n", "1"},
        {"A=1\rB=2", "1"},
        {"\xEF\xBB\xBF"
         "A=1",
            "1"},
    }));
    CAPTURE(line.text);
    CHECK(value_in(of(line.text), "A") == line.value);
}

TEST_CASE("names in a value stand for the environment's value, else for that of the files")
{
    struct Line {
        std::string_view text;
        std::string_view value;
    };
    auto const line = GENERATE(values<Line>({
        {"A=$HOST", "outer"}, {"A=${HOST}", "outer"}, {"A=http://${HOST}:80/$HOST", "http://outer:80/outer"},
        {"HOST=inner\nA=$HOST", "outer"}, {"A=$B\nB=1", "1"}, {"B=1\nA=\"$B and ${B}\"", "1 and 1"},
        {"A='$HOST'", "$HOST"}, {"A=`$HOST`", "outer"}, {"A=\\$HOST", "$HOST"}, {"A=\"\\$HOST\"", "$HOST"},
        {"A=$$HOST", "$outer"}, {"A=5$", "5$"}, {"A=$5", "$5"}, {"A=${}", "${}"}, {"A=${HOST", "${HOST"},
        {"A=${NOPE:-x y}", "x y"}, {"A=${NOPE:-}", ""}, {"A=${NOPE-x}", "x"}, {"A=${HOST:-x}", "outer"},
        {"A=${BLANK:-x}z", " z"}, {"A=${NOPE:-$HOST}", "outer"}, {"A=${NOPE:-${NEITHER:-deep}}!", "deep!"},
        {"A=${A:-5}", "5"}, {"B='$HOST'\nA=$B", "$HOST"}, // what was put in is not read again
        {"A=1\nB=$NOPE", "1"},                            // nobody asks for B
    }));
    CAPTURE(line.text);
    CHECK(value_in(of(line.text), "A") == line.value);
}

TEST_CASE("what cannot be read is refused where it matters, by its place and not its text")
{
    CHECK(refusal_of("A=$NOPE", "A")
        == "A in .env, line 1: $NOPE is set nowhere; write \\$ for a dollar, or quote the value with '…'");
    CHECK(refusal_of("\nA=$B\nB=x$A", "A") == "B in .env, line 3: $A leads back to itself");
    CHECK(refusal_of("A=$A", "A") == "A in .env, line 1: $A leads back to itself");
    CHECK(
        refusal_of("X='1\n2\n3'\n\nBATCH_SIZE 50 secret", "A") == "--env-file=.env, line 5: expected BATCH_SIZE=value");
    CHECK(refusal_of("FRESHCHAT_TOKEN_FILE", "A") == "--env-file=.env, line 1: expected FRESHCHAT_TOKEN_FILE=value");
    CHECK(refusal_of("export NEXT_PUBLIC_SUPABASE_URL", "A")
        == "--env-file=.env, line 1: expected NEXT_PUBLIC_SUPABASE_URL=value");
    for (auto const text : {std::string_view{"\xFF\xFE"
                                             "A\0=\0",
                                6},
             std::string_view{"\xFE\xFF\0A\0=", 6}, std::string_view{"A\0=\0", 4}, std::string_view{"\0A\0=", 4}}) {
        CHECK(refusal_of(text, "A") == "--env-file=.env is UTF-16; save it as UTF-8");
    }
}

TEST_CASE("names that stand for ever more names are refused, not followed")
{
    std::string text = "A=$B1$B1\n";
    for (int i = 1; i < 40; ++i) {
        auto const next = "$B" + std::to_string(i + 1);
        text += "B" + std::to_string(i) + "=" + next + next + "\n";
    }
    CHECK(refusal_of(text + "B40=", "A").ends_with(": too many names stand for others"));
}

TEST_CASE("later files win, but for blank values, and names are looked up in all of them")
{
    auto files = with_environment({});
    files.add("A=1\nB=base\nC=$D", ".env");
    files.add("A=2\nB=\nD=local", ".env.local");
    CHECK(files.find("A")->text == "2");
    CHECK(files.find("A")->path == ".env.local");
    CHECK(files.find("B")->text == "base");
    CHECK(files.find("B")->path == ".env");
    CHECK(files.find("C")->text == "local");
    CHECK_FALSE(files.find("E"));
}
