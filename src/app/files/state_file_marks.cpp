// What the state file knows of conversations that are stored in part.

#include "app/files/state_file.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <iterator>

namespace backfill::app {
namespace {

constexpr std::size_t kMostMarks = 10'000; // a few at a time, unless nearly all upserts are refused
constexpr std::size_t kMostTables = 8;

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
        marks.complete = table->getValue<bool>("complete");
        marks.parted = ids_of(*ids);
    }
}

Poco::JSON::Array StateFile::marks_json() const
{
    Poco::JSON::Array tables;
    for (auto const& [hash, marks] : marks_) {
        Poco::JSON::Object table;
        table.set("table", hash);
        table.set("complete", marks.complete);
        table.set("conversations", ids_json(marks.parted));
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
    marks.complete = marks.complete || knows_all_;
    if (marks.parted.size() > kMostMarks) {
        marks = {};
        changed_.clear();
        knows_all_ = false;
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

void StateFile::table_was_empty()
{
    remember_whole_table();
}

void StateFile::remember_whole_table()
{
    std::lock_guard lock{mutex_};
    knows_all_ = true;
}

bool StateFile::may_be_parted(ConversationId const& id, std::size_t stored_rows) const
{
    std::lock_guard lock{mutex_};
    auto const found = marks_.find(table_);
    Marks const none;
    auto const& marks = found == marks_.end() ? none : found->second;
    bool const knows = marks.complete || knows_all_;
    auto const passes = passes_.find(passes_of_);
    bool const is_owed = passes != passes_.end() && passes->second.owed.contains(id);
    return is_owed || marks.parted.contains(id) || (!knows && stored_rows >= ChunkLimits{}.rows);
}

} // namespace backfill::app
