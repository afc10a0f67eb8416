#include "fuzz/fuzz.hpp"

#include "app/settings/env_file.hpp"
#include "app/settings/values.hpp"

#include "backfill/core/errors.hpp"

// What an env file says can be written plainly, a line a variable, and says the same again. A refusal names the line
// and nothing that stands in it.

namespace {

using namespace backfill;

void check_text(std::string_view text)
{
    auto const plain = app::stripped(text);
    fuzz::require(plain.size() <= text.size() && trim(plain) == plain, "stripping takes away");
    for (auto const& entry : app::split_list(text)) {
        fuzz::require(!entry.empty() && trim(entry) == entry, "entries of a list are trimmed");
        fuzz::require(entry.find(',') == std::string::npos, "a comma parts them");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = fuzz::view(data, size);
    check_text(text);
    try {
        auto const variables = app::read_env_file(text, "FILE");
        std::string plain;
        for (auto const& [name, value] : variables) {
            fuzz::require(
                !name.empty() && name.find_first_of("= \t\r\n\"'#") == std::string::npos, "a name is one word");
            fuzz::require(value.find('\n') == std::string::npos, "a value is one line");
            fuzz::require(trim(value) == value, "a value is trimmed");
            plain += name + '=' + value + '\n';
        }
        fuzz::require(app::read_env_file(plain, "FILE") == variables, "written plainly it says the same");
        for (std::string const frame : {"\xEF\xBB\xBF", "# comment\r\n", "\r\n", ""}) {
            fuzz::require(app::read_env_file(frame + plain, "FILE") == variables, "a mark or comment changes nothing");
        }
    } catch (UsageError const& error) {
        std::string const message = error.what();
        auto const number = message.find_first_of("0123456789");
        fuzz::require(number != std::string::npos, "a refusal names the line");
        auto const after = message.find_first_not_of("0123456789", number);
        fuzz::require(
            message.substr(0, number) == "--env-file=FILE, line " && message.substr(after) == ": expected NAME=value",
            "and nothing that stands in it");
    }
    return 0;
}
