#pragma once

#include "app/settings/settings.hpp"
#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// What one run leaves to the next, as a small JSON file that is replaced whole or not at all. It holds ids, times,
/// hosts and numbers; no secret and no text of a customer.
///
/// A place stands for one host and selection. Those of others are not used but kept, with their hosts' ceilings, so
/// that a run with other filters in between does not lose them: the last eight that were left.
class StateFile {
public:
    /// Reads the file where there is one. One that is damaged or of another version is not used, and of another
    /// Freshchat host, Supabase project, tables, filters or shard the place is not; `warnings()` says so, of each place
    /// once.
    explicit StateFile(Settings const& settings);

    std::vector<std::string> const& warnings() const { return warnings_; }

    double ceiling_per_minute() const; ///< the whole host's; 0 = unknown
    std::optional<Conversation> stopped_after() const;
    std::size_t failed_before() const; ///< conversations, in the parts before that

    void remember_ceiling(double per_minute); ///< the whole host's; one that makes no sense is left out
    void remember_stop(std::optional<Conversation> after, std::size_t failed);
    void forget_stop();

    /// Returns why the file could not be written, "" when it was.
    std::string save() const;

private:
    /// Where a run was stopped.
    struct Place {
        std::string host;
        std::string selection; ///< a hash of what it depends on
        Conversation after;
        std::size_t failed = 0;
        bool told = false; ///< other runs have warned that they leave it alone
    };

    void read(std::string const& text);
    bool is_own(Place const& place) const { return place.host == host_ && place.selection == selection_; }
    Place const* own() const;
    bool has_place_of(std::string const& host) const;
    std::string foreign() const;

    std::string path_;
    std::string host_;
    std::string selection_;
    std::map<std::string, double> ceilings_; ///< by host
    std::vector<Place> places_;              ///< the last one that was left comes last
    std::vector<std::string> warnings_;
};

} // namespace backfill::app
