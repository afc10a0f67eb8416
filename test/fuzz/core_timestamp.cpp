#include "fuzz/fuzz.hpp"

#include "backfill/core/timestamp.hpp"

// What is read is written in the one form that PostgreSQL reads everywhere, and means the same moment.

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using namespace backfill;
    auto const read = parse_timestamp(fuzz::view(data, size));
    if (!read) {
        return 0;
    }
    constexpr long long kFirst = -62'167'219'200'000'000; // 0000-01-01T00:00:00Z
    constexpr long long kLast = 253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z
    fuzz::require(read->microseconds >= kFirst && read->microseconds <= kLast, "years 0 to 9999");
    auto const& text = read->text;
    fuzz::require(text.find_first_not_of("0123456789-:.TZ") == std::string::npos, "plain letters");
    fuzz::require(text.ends_with('Z') && text.size() <= 27, "UTC, at most microseconds");
    auto const again = parse_timestamp(text);
    fuzz::require(again.has_value(), "what is written can be read");
    fuzz::require(again->microseconds == read->microseconds, "and means the same moment");
    fuzz::require(again->text == text, "and is written the same");
    return 0;
}
