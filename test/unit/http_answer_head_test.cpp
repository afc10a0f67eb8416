#include "http/answer_head.hpp"

#include <catch2/catch.hpp>

using namespace backfill::http;

TEST_CASE("a header that goes on in the next line is one value without blanks around it")
{
    std::vector<Header> headers;
    for (auto const* line : {"Retry-After:", "  5", "Server: a", "\tb ", " ", "X: y"}) {
        add_header_line(line, headers);
    }
    CHECK(headers == std::vector<Header>{{"Retry-After", "5"}, {"Server", "a b"}, {"X", "y"}});
}
