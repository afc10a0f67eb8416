#include "fuzz/fuzz.hpp"

#include "app/settings/env_file.hpp"
#include "app/settings/values.hpp"

#include "backfill/core/errors.hpp"

// Whatever an env file holds, it is read or refused by a line that names the file; a value in single quotes behind it
// comes back as it is.

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

app::EnvFiles files_of(std::string_view text)
{
    app::EnvFiles files{
        [](std::string const& name) { return name == "HOME" ? std::optional<std::string>{"/root"} : std::nullopt; }};
    files.add(text, "FILE");
    return files;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    auto const text = fuzz::view(data, size);
    check_text(text);
    for (auto const* name : {"A", "B", "BATCH_SIZE", "FRESHCHAT_TOKEN"}) {
        try {
            auto const found = files_of(text).find(name);
            fuzz::require(!found || found->path == "FILE", "a value is of its file");
        } catch (UsageError const& error) {
            std::string const message = error.what();
            fuzz::require(
                message.starts_with("--env-file=FILE") || message.find(" in FILE, line ") != std::string::npos,
                "a refusal names the place");
        }
    }
    bool const is_plain = text.find_first_of(std::string_view{"'\r\0", 3}) == std::string_view::npos;
    if (is_plain && !trim(text).empty()) {
        auto const found = files_of("# comment\nA='" + std::string{text} + "'\nB=1").find("A");
        fuzz::require(found && found->text == text, "single quotes keep what they hold");
    }
    return 0;
}
