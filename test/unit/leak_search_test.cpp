#include "support/leak_search.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

TEST_CASE("a text is found as it is, and as JSON, strace and JSON under strace write it")
{
    LeakSearch const search{{"Grüße an \"Ann\" 😀", "too few", "nowhere to be found"}};
    auto const output = GENERATE(R"(x Grüße an "Ann" 😀 y)", R"({"text":"Gr\u00fc\u00dfe an \"Ann\" \ud83d\ude00"})",
        R"(write(1, "Gr\303\274\303\237e an \"Ann\" \360\237\230\200\n", 27))",
        R"(write(1, "{\"text\":\"Gr\\u00fc\\u00dfe an \\\"Ann\\\" \\ud83d\\ude00\"}", 60))",
        R"(write(1, "{\"text\":\"Gr\303\274\303\237e an \\\"Ann\\\" \360\237\230\200\"}", 60))",
        R"(Gr\xC3\xBC\u{00DF}e an "Ann" \u{1F600})");
    CAPTURE(output);
    CHECK(search.found_in(output) == std::vector<std::string>{"Grüße an \"Ann\" 😀"});
}

TEST_CASE("what only looks alike is not found, and broken escapes do no harm")
{
    LeakSearch const search{{"Grüße an \"Ann\""}};
    CHECK(search.found_in(R"(Grüße an 'Ann' \ \u \x \uD83D \u{ \9 \)").empty());
    CHECK(search.found_in("").empty());
}

TEST_CASE("a secret is found when it was cut, too")
{
    CHECK(holds_secret("x token-of-the-test… y", "token-of-the-test-5c0e"));
    CHECK(holds_secret("token-of-the-test-5c0e", "token-of-the-test-5c0e"));
    CHECK_FALSE(holds_secret("a token of the test", "token-of-the-test-5c0e"));
}
