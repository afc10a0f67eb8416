#include "fuzz/fuzz.hpp"

#include <algorithm>

// What is read can be written, read again to the same, and read by another parser: the mendings leave no trace.

namespace {

using namespace backfill;

void check_value(JsonValue const& value)
{
    fuzz::require(fuzz::is_storable(value.name), "keys are UTF-8 without NUL");
    fuzz::require(fuzz::is_storable(value.text), "texts are UTF-8 without NUL");
    bool const is_digits = value.text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
    bool const is_container = value.kind == JsonValue::Kind::object || value.kind == JsonValue::Kind::array;
    fuzz::require(value.kind != JsonValue::Kind::number || is_digits, "numbers are digits");
    fuzz::require(is_container || value.span == 1, "only containers hold values");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const document = read_json(fuzz::view(data, size));
    if (!document) {
        return 0;
    }
    std::for_each(document->values.begin(), document->values.end(), check_value);
    fuzz::require(document->root().span == document->values.size(), "the root holds all values");
    auto const text = document->root().json();
    fuzz::require(fuzz::is_storable(text), "the copy is UTF-8 without NUL");
    fuzz::require(fuzz::reread(text) == text, "reading the copy gives the same text");
    fuzz::as_poco_reads(text);
    return 0;
}
