#include "app/files/state_file.hpp"

#include "app/files/selection_hash.hpp"
#include "backfill/core/file.hpp"
#include "backfill/core/printable.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

namespace backfill::app {
namespace {

constexpr int kVersion = 1;
constexpr std::uintmax_t kMostBytes = 32'000'000; // ids that are owed are most of it
constexpr std::size_t kMostPlaces = 8;
constexpr double kLeastPerMinute = 0.01;
constexpr double kMostPerMinute = 1'000'000; // as of MAX_REQUESTS_PER_MINUTE

bool is_rate(double per_minute)
{
    return per_minute >= kLeastPerMinute && per_minute <= kMostPerMinute; // false for NaN
}

/// Whether a file that cannot be read is somebody else's: what a run leaves, even cut off or of another version, names
/// these. It must not be replaced.
bool is_foreign_text(std::string const& text)
{
    auto const holds = [&text](char const* part) { return text.find(part) != std::string::npos; };
    bool const is_empty = text.find_first_not_of(std::string{"\0 \r\n{}", 6}) == std::string::npos;
    return !is_empty && !holds("\"requests_per_minute\"") && !holds("\"version\"") && !holds("\"parted\"");
}

/// Throws when the file is none that a run of this version has left.
void expect(bool sound)
{
    if (!sound) {
        throw Poco::DataFormatException{"damaged"};
    }
}

} // namespace

StateFile::StateFile(Settings const& settings)
    : path_{settings.state_file},
      host_{settings.freshchat.text()},
      selection_{selection_hash(settings)},
      table_{table_hash(settings)}
{
    read();
    passes_of_ = newest_of(mark_hashes(settings));
    if (settings.command == Command::verify) {
        return; // it takes up no place, and tells of none
    }
    if (auto const what = foreign(); warnings_.empty() && own() == places_.end() && !what.empty()) {
        warnings_.push_back("STATE_FILE=" + printable(path_) + what);
        for (auto& place : places_) {
            place.told = true;
        }
    }
}

void StateFile::read()
{
    ceilings_.clear();
    places_.clear();
    marks_.clear();
    passes_.clear();
    is_foreign_ = false;
    unreadable_.clear();
    std::error_code error;
    auto const size = std::filesystem::file_size(path_, error);
    if (error) { // the first run, unless its folder may not be searched
        unreadable_ = error == std::errc::permission_denied ? error.message() : "";
        return;
    }
    auto const content = whole_file(path_);
    if (!content) {
        unreadable_ = why_unreadable(path_);
        return;
    }
    auto const& text = *content;
    try {
        expect(size <= kMostBytes);
        read(text);
    } catch (Poco::Exception const&) { // what was learned of the quota is worth keeping where a place is unsound
        places_.clear();
        marks_.clear();
        passes_.clear();
        is_foreign_ = is_foreign_text(text);
        warnings_ = {"STATE_FILE=" + printable(path_) + " is damaged and ignored."};
    }
}

void StateFile::read(std::string const& text)
{
    auto const object = Poco::JSON::Parser{}.parse(text).extract<Poco::JSON::Object::Ptr>();
    auto const ceilings = object->getObject("requests_per_minute");
    auto const stops = object->getArray("stopped");
    auto const tables = object->getArray("parted");
    auto const selections = object->getArray("passes");
    expect(object->getValue<int>("version") == kVersion);
    expect(ceilings || !object->has("requests_per_minute"));
    expect(stops || !object->has("stopped"));
    expect(tables || !object->has("parted"));
    expect(selections || !object->has("passes"));
    std::map<std::string, double> sound;
    for (auto const& host : ceilings ? ceilings->getNames() : std::vector<std::string>{}) {
        auto const per_minute = ceilings->getValue<double>(host);
        expect(is_rate(per_minute));
        sound.emplace(host, per_minute);
    }
    ceilings_ = std::move(sound);
    if (stops) {
        read_places(*stops);
    }
    if (tables) {
        read_marks(*tables);
    }
    if (selections) {
        read_passes(*selections);
    }
}

/// What to warn of where the file has no place of this run; "" for nothing.
std::string StateFile::foreign() const
{
    bool const any_new = !std::ranges::all_of(places_, &Place::told);
    bool const any_ceiling =
        !std::ranges::all_of(ceilings_, [this](auto const& ceiling) { return has_place_of(ceiling.first); });
    if (!ceilings_.contains(host_) && !has_place_of(host_)) {
        return any_new || any_ceiling ? " is of another Freshchat host: ignored." : "";
    }
    return any_new
        ? ": the place in it is that of a run with another host, filters, tables or shard. It is kept for such a run; "
          "this one begins at the oldest conversation."
        : "";
}

bool StateFile::has_place_of(std::string const& host) const
{
    return std::ranges::find(places_, host, &Place::host) != places_.end();
}

std::vector<StateFile::Place>::const_iterator StateFile::own() const
{
    return std::ranges::find_if(places_, [this](Place const& place) { return is_own(place); });
}

LastRun StateFile::last_run() const
{
    LastRun last{.warnings = warnings_};
    if (auto const ceiling = ceilings_.find(host_); ceiling != ceilings_.end()) {
        last.ceiling_per_minute = ceiling->second;
    }
    if (auto const place = own(); place != places_.end()) {
        last.after = place->after;
        last.failed_before = place->failed;
        last.passed_before = place->passed;
        last.began = place->began;
        last.updated_since = place->updated_since;
        last.all_kept = place->all_kept;
    }
    if (auto const passes = passes_.find(passes_of_); passes != passes_.end()) {
        last.mark = passes->second.mark;
        last.owed.assign(passes->second.owed.begin(), passes->second.owed.end());
    }
    return last;
}

void StateFile::remember_ceiling(double per_minute)
{
    if (is_rate(per_minute)) {
        learned_ = per_minute;
    }
}

void StateFile::forget_stop()
{
    std::erase_if(places_, [this](Place const& place) { return is_own(place); });
}

/// Another run may have replaced the file since it was read: what is not this run's stays as it is there.
void StateFile::take_others()
{
    auto const mine = std::move(places_);
    read();
    forget_stop();
    for (auto& place : places_) {
        place.told = place.told || std::ranges::any_of(mine, [&place](Place const& known) {
            return known.told && known.host == place.host && known.selection == place.selection;
        });
    }
    std::ranges::copy_if(mine, std::back_inserter(places_), [this](Place const& place) { return is_own(place); });
    if (places_.size() > kMostPlaces) {
        places_.erase(places_.begin(), places_.end() - kMostPlaces);
    }
    if (learned_) {
        ceilings_[host_] = *learned_;
    }
    take_marks();
    take_passes();
}

std::string StateFile::save()
{
    take_others();
    if (is_foreign_) {
        return "another program's file has its name";
    }
    if (!unreadable_.empty()) {
        return "what it holds cannot be read: " + unreadable_;
    }
    Poco::JSON::Object ceilings;
    for (auto const& [host, per_minute] : ceilings_) {
        if (host == host_ || has_place_of(host)) {
            ceilings.set(host, per_minute);
        }
    }
    Poco::JSON::Object state;
    state.set("version", kVersion);
    state.set("requests_per_minute", ceilings);
    if (!places_.empty()) {
        state.set("stopped", places_json());
    }
    state.set("parted", marks_json());
    if (!passes_.empty()) {
        state.set("passes", passes_json());
    }
    std::ostringstream text;
    state.stringify(text, 2);
    auto error = replace_file(path_, text.str() + "\n");
    if (error.empty()) {
        changed_.clear(); // else they are merged again the next time
    }
    return error;
}

} // namespace backfill::app
