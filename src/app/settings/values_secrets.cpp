#include "app/settings/values.hpp"

#include "app/settings/refusals.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace backfill::app {
namespace {

/// Empty where the secret itself may stand in place of its file's path.
std::string path_text(std::string const& path)
{
    return may_be_secret(path) ? std::string{} : "=" + printable(path);
}

/// Without the scheme of the header that it was copied from, and line ends that stand there as `\n`.
std::string bare_token(std::string text, bool may_have_scheme)
{
    constexpr std::string_view kBearer = "bearer ";
    if (may_have_scheme && ascii_lower(text + ' ').starts_with(kBearer)) {
        text = stripped((text + ' ').substr(kBearer.size()));
    }
    for (auto const* const end : {"\\n", "\\r"}) {
        for (; text.ends_with(end) || text.starts_with(end); text = stripped(text)) {
            text.erase(text.ends_with(end) ? text.size() - 2 : 0, 2);
        }
    }
    return text;
}

/// Of the letter at `place`, which tokens do not have.
std::string description_of(std::string_view text, std::size_t place)
{
    constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
    auto const letter = text[place];
    if (place == 0 && (letter == '"' || letter == '\'' || letter == '`')) {
        return text.find(letter, 1) == text.npos ? "a quote that nothing closes" : "quotes that Docker keeps";
    }
    return text.substr(place).starts_with(kEllipsis) ? "an ellipsis (README's placeholder?)"
        : letter == ' ' || letter == '\t'            ? "a blank"
        : letter < ' ' && letter >= 0                ? "a control character (a line break?)"
        : letter == '\x7F'                           ? "a control character"
        : letter < 0                                 ? "a letter outside ASCII (a smart quote, a blank without width?)"
                                                     : fmt::format("\"{}\"", letter);
}

/// Tokens and keys are of the letters of RFC 6750. Tells which other one is in it, and where, not the secret.
void expect_token(SettingValue const& secret)
{
    constexpr std::string_view kLetters = "-._~+/=";
    auto const& text = secret.text;
    if (text.empty()) {
        throw UsageError{secret.origin + " holds no token"};
    }
    if (text.front() == '$') {
        throw UsageError{secret.origin
            + " begins with a dollar: the name of a variable that nothing has put in its place?" + docker_hint(text)};
    }
    auto const other = std::ranges::find_if(
        text, [&](char c) { return !is_ascii_alphanumeric(c) && kLetters.find(c) == kLetters.npos; });
    if (other != text.end()) {
        throw UsageError{fmt::format("{} holds {} at character {}; tokens and keys consist of letters, digits and {}{}",
            secret.origin, description_of(text, static_cast<std::size_t>(other - text.begin())),
            other - text.begin() + 1, kLetters, docker_hint(text))};
    }
}

} // namespace

bool may_be_secret(std::string_view text)
{
    constexpr std::size_t kLongWord = 20;
    bool const is_path = text.starts_with('/') || text.starts_with("./") || text.starts_with("../");
    return text.find("://") != text.npos || (text.size() > kLongWord && !is_path);
}

std::vector<std::string> SettingValues::secrets_beside(SettingSpec const& spec, std::string const& taken) const
{
    std::vector<std::string> others;
    for (auto const& variable : spec.variables) {
        for (std::size_t place = 0; variable != taken && place < places(); ++place) {
            if (find_in(place, variable) || find_in(place, variable + "_FILE")) {
                others.push_back(variable);
                break;
            }
        }
    }
    return others;
}

std::vector<SettingValue> SettingValues::all_of(SettingSpec const& spec) const
{
    std::vector<SettingValue> all;
    Refusals unreadable;
    for (std::size_t place = 0; place < places(); ++place) {
        for (auto const& variable : spec.variables) {
            unreadable.of([&] {
                if (auto const secret = find_secret(place, spec, variable)) {
                    all.push_back(*secret);
                }
            });
        }
    }
    return all;
}

std::optional<SettingValue> SettingValues::find_secret(
    std::size_t place, SettingSpec const& spec, std::string const& variable) const
{
    auto secret = find_in(place, variable);
    if (auto const path = find_in(place, variable + "_FILE")) {
        if (secret) {
            throw UsageError{fmt::format("{} and {} are both set; set one of them", variable, path->origin)};
        }
        auto const text = sources_.read_file(path->text);
        secret = SettingValue{stripped(text.value_or("")), path->origin, variable, {}, path->text, {},
            sources_.others_can_read(path->text)};
        if (secret->text.empty()) {
            throw UsageError{fmt::format("{}{}{}: the file {}", path->variable, path_text(path->text),
                path->origin.substr(path->variable.size()),
                text ? "is empty" : "cannot be read: " + why_unreadable(path->text))};
        }
    }
    if (secret) {
        secret->text = bare_token(secret->text, variable == "FRESHCHAT_TOKEN");
        if (spec.kind == SettingKind::secret) {
            expect_token(*secret);
        }
    }
    return secret;
}

} // namespace backfill::app
