#include "support/quota_model.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

TimePoint const kStart{24h};

/// Calls at these moments; "1101" = the third was rejected.
std::string rulings(std::string const& rule, std::vector<std::chrono::seconds> const& moments)
{
    QuotaModel quota{parse_quota(rule)};
    std::string out;
    for (auto const moment : moments) {
        out += quota.call(kStart + moment).admitted ? '1' : '0';
    }
    return out;
}

} // namespace

TEST_CASE("each kind of quota counts in its own way")
{
    CHECK(rulings("fixed:2", {0s, 1s, 2s, 59s, 60s, 61s, 62s}) == "1100110");
    CHECK(rulings("sliding:2", {0s, 30s, 59s, 60s, 61s, 90s}) == "110101");
    CHECK(rulings("sliding:2,rejected_count", {0s, 30s, 59s, 60s, 119s, 179s}) == "110011");
    CHECK(rulings("bucket:60:3", {0s, 0s, 0s, 0s, 1s, 1s, 3s, 3s, 3s}) == "111010110");
}

TEST_CASE("a rejection tells what the rule lets it tell")
{
    auto const headers = [](std::string const& rule) {
        QuotaModel quota{parse_quota(rule)};
        auto const wall = std::chrono::system_clock::time_point{std::chrono::seconds{1'752'177'600}};
        quota.call(kStart, wall);
        std::string text;
        for (auto const& [name, value] : quota.call(kStart + 18s, wall + 18s).headers) {
            text += name + ": " + value + "\n";
        }
        return text;
    };
    CHECK(headers("fixed:1").empty());
    CHECK(headers("fixed:1,hint=seconds") == "Retry-After: 42\n");
    CHECK(headers("fixed:1,hint=date") == "Retry-After: Thu, 10 Jul 2025 20:01:00 GMT\n");
    CHECK(headers("fixed:1,headers=limit")
        == "X-RateLimit-Limit: 1\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1752177660\n");
}
