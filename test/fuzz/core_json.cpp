#include "fuzz/fuzz.hpp"

// What is read can be written, read again to the same, and read by another parser: the mendings leave no trace.

namespace {

using namespace backfill;

/// Checks each text on its way, and the nesting.
class Checker final : public fuzz::Copier {
public:
    void begin_object() override
    {
        ++levels;
        Copier::begin_object();
    }
    void end_object() override
    {
        fuzz::require(--levels >= 0, "no more ends than beginnings");
        Copier::end_object();
    }
    void begin_array() override
    {
        ++levels;
        Copier::begin_array();
    }
    void end_array() override
    {
        fuzz::require(--levels >= 0, "no more ends than beginnings");
        Copier::end_array();
    }
    void key(std::string_view name) override
    {
        fuzz::require(fuzz::is_storable(name), "keys are UTF-8 without NUL");
        Copier::key(name);
    }
    void string(std::string_view value) override
    {
        fuzz::require(fuzz::is_storable(value), "strings are UTF-8 without NUL");
        Copier::string(value);
    }
    void number(std::string_view digits) override
    {
        fuzz::require(digits.find_first_not_of("0123456789+-.eE") == std::string_view::npos, "numbers are digits");
        Copier::number(digits);
    }
    void word(std::string_view literal) override
    {
        fuzz::require(literal == "true" || literal == "false" || literal == "null", "three words");
        Copier::word(literal);
    }

    int levels = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const input = fuzz::view(data, size);
    Checker checker;
    if (!read_json(input, checker)) {
        return 0;
    }
    fuzz::require(checker.levels == 0, "a whole document ends what it began");
    fuzz::require(fuzz::is_storable(checker.text), "the copy is UTF-8 without NUL");
    auto const again = fuzz::reread(checker.text);
    fuzz::require(again.has_value(), "the copy is JSON");
    fuzz::require(*again == checker.text, "reading the copy gives the same text");
    fuzz::as_poco_reads(checker.text);
    return 0;
}
