#include "fuzz/fuzz.hpp"

#include "app/files/state_file.hpp"
#include "app/settings/settings.hpp"
#include "support/scratch_file.hpp"

#include <cmath>
#include <fstream>

// Whatever stands in the file, it is either used whole or ignored with a warning; and what is used is saved and read
// again to the same. SELECTION in an input stands for the hash of this run's selection.

namespace {

using namespace backfill;

app::Settings settings_for(std::string const& path)
{
    app::Settings settings;
    settings.freshchat = http::parse_endpoint("https://acme.freshchat.com/v2");
    settings.supabase = http::parse_endpoint("https://abc.supabase.co/rest/v1");
    settings.state_file = path;
    return settings;
}

/// As a run writes it.
std::string selection_hash(std::string const& path)
{
    app::StateFile state{settings_for(path)};
    state.remember_stop(Conversation{"id", ""}, {});
    fuzz::require(state.save().empty(), "a state can be saved");
    auto const text = test::content_of(path);
    constexpr std::string_view kKey = R"("selection": ")";
    auto const at = text.find(kKey);
    fuzz::require(at != std::string::npos, "a stop has a selection");
    return text.substr(at + kKey.size(), 16);
}

std::string with_selection(std::string text, std::string const& hash)
{
    constexpr std::string_view kPlaceholder = "SELECTION";
    for (std::size_t at = 0; (at = text.find(kPlaceholder, at)) != std::string::npos; at += hash.size()) {
        text.replace(at, kPlaceholder.size(), hash);
    }
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static test::ScratchFile const file{""};
    static std::string const hash = selection_hash(file.path());
    auto const text = with_selection(std::string{fuzz::view(data, size)}, hash);
    std::ofstream{file.path(), std::ios::binary} << text;
    auto const settings = settings_for(file.path());
    app::StateFile state{settings};
    auto const ceiling = state.last_run().ceiling_per_minute;
    fuzz::require(std::isfinite(ceiling) && ceiling >= 0, "a ceiling is a rate");
    fuzz::require(state.last_run().warnings.size() <= 1, "one warning");
    if (!state.last_run().warnings.empty()) {
        fuzz::require(
            !state.last_run().after && state.last_run().failed_before == 0, "what is ignored leaves no place");
        return 0;
    }
    if (!is_utf8(text)) {
        return 0; // Poco reads it, but does not write it alike; no run writes such a file
    }
    fuzz::require(state.save().empty(), "a state can be saved");
    app::StateFile const again{settings};
    fuzz::require(again.last_run().warnings.empty(), "what is saved can be used");
    fuzz::require(again.last_run().ceiling_per_minute == ceiling, "and holds the same ceiling");
    fuzz::require(
        again.last_run().failed_before == state.last_run().failed_before, "the same number of failed conversations");
    fuzz::require(again.last_run().after.has_value() == state.last_run().after.has_value(), "a stop or none");
    if (state.last_run().after) {
        fuzz::require(again.last_run().after->id == state.last_run().after->id
                && again.last_run().after->created_time == state.last_run().after->created_time,
            "the same stop");
    }
    return 0;
}
