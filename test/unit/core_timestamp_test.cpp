#include "backfill/core/timestamp.hpp"

#include <catch2/catch.hpp>

using backfill::parse_timestamp;

TEST_CASE("a timestamp keeps its fraction digits and is given in UTC")
{
    auto const [received, expected] = GENERATE(table<std::string, std::string>({
        {"2025-07-10T19:47:55.442Z", "2025-07-10T19:47:55.442Z"},
        {"2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"},
        {"2024-02-29T23:59:59.123456Z", "2024-02-29T23:59:59.123456Z"},
        {"2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456Z"},
        {"2024-02-29T23:59:59.999999999Z", "2024-02-29T23:59:59.999999Z"},
        {"2024-03-01T05:29:59.999+05:30", "2024-02-29T23:59:59.999Z"},
        {"2024-03-01T05:29:59.999+0530", "2024-02-29T23:59:59.999Z"},
        {"2023-12-31T20:00:00-04", "2024-01-01T00:00:00Z"},
        {"2024-01-01T00:00:00", "2024-01-01T00:00:00Z"},
        {"2024-01-01 00:00:00+00:00", "2024-01-01T00:00:00Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
    }));
    auto const parsed = parse_timestamp(received);
    REQUIRE(parsed);
    CHECK(parsed->text == expected);
}

TEST_CASE("microseconds count from 1970 whatever the zone of the machine")
{
    CHECK(parse_timestamp("1970-01-01T00:00:00Z")->microseconds == 0);
    CHECK(parse_timestamp("1970-01-01T00:00:00.000001Z")->microseconds == 1);
    CHECK(parse_timestamp("1969-12-31T23:59:59.5Z")->microseconds == -500'000);
    CHECK(parse_timestamp("2025-07-10T19:47:55.442Z")->microseconds == 1'752'176'875'442'000);
}

TEST_CASE("what is no moment is refused")
{
    auto const text = GENERATE(as<std::string>{}, "", "2025-07-10", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
        "2025-07-10T24:00:00Z", "2025-07-10T19:60:00Z", "2025-07-10T19:47Z", "2025-07-10T19:47:55.1234567890Z",
        "2025-07-10T19:47:55+25:00", "2025-07-10T19:47:55Z ", "2025-07-10T19:47:55 UTC", "1752176875", "yesterday",
        "-025-07-10T19:47:55Z", "2025-07-10T19:47:55+05:", "2025-07-10T19:47:55+5", "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00", "9999-12-31T23:59:60Z");
    CHECK_FALSE(parse_timestamp(text));
}
