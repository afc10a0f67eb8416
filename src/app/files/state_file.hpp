#pragma once

#include "app/facts/frontier.hpp"
#include "app/settings/settings.hpp"
#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// STATE_FILE: what one run leaves to the next, as a small JSON file that is replaced whole or not at all. It holds
/// ids, times, hosts and numbers; no secret and no text of a customer.
///
/// A place belongs to one host and selection. The last eight of other hosts and selections are kept unused, with their
/// hosts' ceilings, so that a run with other filters in between does not lose them.
class StateFile {
public:
    /// Reads the file if there is one. Ignores a file that is damaged or of another version, and a place of another
    /// Freshchat host, Supabase project, tables, filters or shard; a warning says so, once for each place.
    explicit StateFile(Settings const& settings);

    LastRun last_run() const;

    void remember_ceiling(double per_minute); ///< of the whole host; ignores one that makes no sense
    void remember_stop(std::optional<Conversation> after, std::size_t failed);
    void forget_stop();

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
        bool told = false; ///< another run has warned that it leaves this one alone
    };

    void read(); ///< the file as it is now
    void read(std::string const& text);
    void take_others();
    bool is_own(Place const& place) const { return place.host == host_ && place.selection == selection_; }
    std::vector<Place>::const_iterator own() const; ///< this run's place, or the end
    bool has_place_of(std::string const& host) const;
    std::string foreign() const;

    std::string path_;
    std::string host_;
    std::string selection_;
    std::map<std::string, double> ceilings_; ///< by host
    std::optional<double> learned_;          ///< by this run
    std::vector<Place> places_;              ///< the newest last
    std::vector<std::string> warnings_;
};

} // namespace backfill::app
