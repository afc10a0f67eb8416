// What the state file knows of conversations that are stored in part.

#include "app/files/state_file.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <iterator>

namespace backfill::app {
namespace {

constexpr std::size_t kMostLong = 50'000;  // 2 MB
constexpr std::size_t kMostMarks = 10'000; // a few at a time, unless nearly all upserts are refused
constexpr std::size_t kMostTables = 8;
constexpr auto kLong = ChunkLimits{}.rows;

} // namespace

std::set<ConversationId> StateFile::ids_of(Poco::JSON::Array const& array)
{
    std::set<ConversationId> ids;
    for (auto const& id : array) {
        ids.insert(id.convert<std::string>());
    }
    return ids;
}

Poco::JSON::Array StateFile::ids_json(std::set<ConversationId> const& ids)
{
    Poco::JSON::Array array;
    for (auto const& id : ids) {
        array.add(id);
    }
    return array;
}

void StateFile::read_marks(Poco::JSON::Array const& tables)
{
    for (unsigned i = 0; i < tables.size(); ++i) {
        auto const table = tables.getObject(i);
        auto const ids = table.isNull() ? nullptr : table->getArray("conversations");
        if (ids.isNull()) {
            throw Poco::DataFormatException{"damaged"};
        }
        auto& marks = marks_[table->getValue<std::string>("table")];
        marks.parted = ids_of(*ids);
        if (auto const whole = table->getArray("long_and_whole"); !whole.isNull()) {
            marks.long_whole = ids_of(*whole);
        }
    }
}

Poco::JSON::Array StateFile::marks_json() const
{
    Poco::JSON::Array tables;
    for (auto const& [hash, marks] : marks_) {
        Poco::JSON::Object table;
        table.set("table", hash);
        table.set("conversations", ids_json(marks.parted));
        table.set("long_and_whole", ids_json(marks.long_whole));
        tables.add(table);
    }
    return tables;
}

void StateFile::take_marks()
{
    auto& marks = marks_[table_];
    for (auto const& [id, is_parted] : changed_) {
        is_parted ? (void)marks.parted.insert(id) : (void)marks.parted.erase(id);
    }
    marks.long_whole.insert(long_whole_.begin(), long_whole_.end());
    if (marks.long_whole.size() > kMostLong) { // they are looked at again; marks are not theirs to lose
        marks.long_whole.clear();
        long_whole_.clear();
    }
    if (marks.parted.size() > kMostMarks) { // then rows tell, so none is known to be whole
        marks = {};
        changed_.clear();
        long_whole_.clear();
    }
    for (auto other = marks_.begin(); marks_.size() > kMostTables;) {
        other = other->first == table_ ? std::next(other) : marks_.erase(other);
    }
}

void StateFile::parted(ConversationId const& id)
{
    std::lock_guard lock{mutex_};
    if (marks_[table_].parted.insert(id).second) {
        changed_[id] = true;
        (void)save(); // what keeps it from being written keeps the end from it too, and is told then
    }
}

void StateFile::whole(ConversationId const& id)
{
    std::lock_guard lock{mutex_};
    if (marks_[table_].parted.erase(id) > 0) {
        changed_[id] = false;
    }
}

/// Under mutex_.
void StateFile::remember_long(ConversationId const& id, std::size_t messages)
{
    if (suspected_.erase(id) > 0 || messages >= kLong) {
        long_whole_.insert(id);
    }
}

bool StateFile::may_be_parted(ConversationId const& id, std::size_t stored_rows)
{
    std::lock_guard lock{mutex_};
    auto const& marks = marks_[table_];
    auto const passes = passes_.find(passes_of_);
    bool const is_owed = passes != passes_.end() && passes->second.owed.contains(id);
    // A run without this file leaves no mark in it.
    bool const is_suspect = stored_rows >= kLong && !marks.long_whole.contains(id) && !long_whole_.contains(id);
    if (is_suspect) {
        suspected_.insert(id);
    }
    return is_owed || is_suspect || marks.parted.contains(id);
}

} // namespace backfill::app
