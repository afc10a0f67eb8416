#pragma once

#include "backfill/app/settings.hpp"
#include "backfill/core/conversation.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// What one run leaves to the next, as a small JSON file that is replaced whole or not at all. It holds ids, times,
/// hosts and numbers; no secret and no text of a customer.
class StateFile {
public:
    /// Reads the file where there is one. One that is damaged, of another version, or of another Supabase project,
    /// account, selection or shard is not used; `warnings()` says so.
    explicit StateFile(Settings const& settings);

    std::vector<std::string> const& warnings() const { return warnings_; }

    double ceiling_per_minute() const; ///< 0 = unknown
    std::optional<Conversation> const& stopped_after() const { return stopped_after_; }
    std::size_t failed_before() const { return failed_before_; } ///< conversations, in the parts before that

    void remember_ceiling(double per_minute);
    void remember_stop(std::optional<Conversation> after, std::size_t failed);
    void forget_stop();

    /// Returns why the file could not be written, "" when it was.
    std::string save() const;

private:
    void read(std::string const& text);

    std::string path_;
    std::string freshchat_;
    std::string selection_; ///< a hash of what the cursor depends on
    std::map<std::string, double> ceilings_;
    std::optional<Conversation> stopped_after_;
    std::size_t failed_before_ = 0;
    std::vector<std::string> warnings_;
};

} // namespace backfill::app
