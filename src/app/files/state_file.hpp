#pragma once

#include "app/facts/frontier.hpp"
#include "app/facts/parted.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/conversation.hpp"

#include <Poco/JSON/Array.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backfill::app {

/// STATE_FILE: what one run leaves to the next, as a small JSON file that is replaced whole or not at all, at the end
/// and whenever a conversation is marked as parted. It holds ids, times, hosts and numbers; no secret and no text of a
/// customer. One thread at a time, but for what it knows of parted conversations.
///
/// A place belongs to one host and selection. The last eight of other hosts and selections are kept unused, with their
/// hosts' ceilings, so that a run with other filters in between does not lose them. So are marks: when the last pass
/// began that took all of a selection, and which conversations it owes to the next one, since they failed.
class StateFile final : public PartedConversations {
public:
    /// Reads the file if there is one. Ignores a file that is damaged or of another version, and a place of another
    /// Freshchat host, Supabase project, tables, filters or shard; a warning says so, once for each place.
    explicit StateFile(Settings const& settings);

    /// No run can have left the file: it must not be replaced, and save() does not.
    bool is_foreign() const { return is_foreign_; }

    /// Why the file, which is there, cannot be read: it may be this run's, so save() does not replace it. "" where it
    /// can, or is not there.
    std::string const& unreadable() const { return unreadable_; }

    LastRun last_run() const;

    void remember_ceiling(double per_minute); ///< of the whole host; ignores one that makes no sense
    /// What a run that was stopped did of its pass.
    struct Part {
        std::size_t failed = 0;           ///< conversations that this pass will not meet again
        std::optional<IdSketch> passed{}; ///< conversations, if each is one row of the list
        std::string began{};              ///< the pass, and
        std::string updated_since{};      ///< what it asks for, as in LastRun
        bool all_kept = true;             ///< of those that failed
    };
    void remember_stop(std::optional<Conversation> after, Part const& part);
    void forget_stop();

    /// Whether those that failed in this run are kept for the next one, however this one ends. They may be too many:
    /// then none is.
    bool keeps_failed() const;
    void move_mark(std::string const& began); ///< this run has taken all that changed before

    void parted(ConversationId const& id) override;
    void whole(ConversationId const& id) override;
    void complete(ConversationId const& id, std::size_t messages) override;
    void lacking(ConversationId const& id) override;
    bool may_be_parted(ConversationId const& id, std::size_t stored_rows) override;

    /// Puts this run's place and ceiling beside what other runs left meanwhile. Returns why the file could not be
    /// written, "" when it was.
    std::string save();

private:
    /// Where a run was stopped.
    struct Place {
        std::string host;
        std::string selection; ///< selection_hash()
        Conversation after;
        std::size_t failed = 0;
        std::optional<IdSketch> passed{};
        bool told = false; ///< another run has warned that it leaves this one alone
        std::string began{};
        std::string updated_since{};
        bool all_kept = true;
    };

    /// What is known of all passes over one selection.
    struct Passes {
        std::string mark; ///< RFC 3339; empty = none has taken all yet
        std::set<ConversationId> owed;
    };

    /// Of one message table.
    struct Marks {
        std::set<ConversationId> parted;
        std::set<ConversationId> long_whole; ///< too long for one request, and whole when last looked at
    };

    void read(); ///< the file as it is now
    void read(std::string const& text);
    void read_places(Poco::JSON::Array const& stops); // this, what follows and remember_stop() in state_file_places.cpp
    Poco::JSON::Array places_json() const;
    static std::set<ConversationId> ids_of(Poco::JSON::Array const& array);
    static Poco::JSON::Array ids_json(std::set<ConversationId> const& ids);
    void read_marks(Poco::JSON::Array const& tables); // this and its neighbours in state_file_marks.cpp
    void take_marks();
    void remember_long(ConversationId const& id, std::size_t messages);
    Poco::JSON::Array marks_json() const;
    void read_passes(Poco::JSON::Array const& selections); // this and what follows in state_file_passes.cpp
    void take_passes();
    void drop_oldest(std::size_t most, bool (*may_go)(Passes const&));
    Poco::JSON::Array passes_json() const;
    std::string newest_of(std::vector<std::string> const& selections) const;
    void take_others();
    bool is_own(Place const& place) const { return place.host == host_ && place.selection == selection_; }
    std::vector<Place>::const_iterator own() const; ///< this run's place, or the end
    bool has_place_of(std::string const& host) const;
    std::string foreign() const;

    std::string path_;
    std::string host_;
    std::string selection_;
    std::string table_;                      ///< table_hash()
    std::map<std::string, double> ceilings_; ///< by host
    std::optional<double> learned_;          ///< by this run
    std::vector<Place> places_;              ///< the newest last
    std::vector<std::string> warnings_;
    bool is_foreign_ = false;
    std::string unreadable_;

    std::string passes_of_;                ///< mark_hash(), the key of this run's
    std::map<std::string, Passes> passes_; ///< by mark_hash(); this and what follows under mutex_
    std::set<ConversationId> failed_;      ///< by this run
    std::set<ConversationId> settled_;     ///< by this run, of those that were owed
    bool cannot_keep_all_ = false;
    std::string moved_to_; ///< mark of this run; empty = it stays

    mutable std::mutex mutex_;
    std::map<std::string, Marks> marks_;     ///< by table_hash()
    std::map<ConversationId, bool> changed_; ///< since the file was written last: marked, or not any more
    std::set<ConversationId> suspected_;     ///< by their length, in this run
    std::set<ConversationId> long_whole_;    ///< found by this run
};

} // namespace backfill::app
