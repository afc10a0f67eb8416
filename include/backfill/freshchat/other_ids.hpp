#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"

#include <array>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace backfill::freshchat {

using IdPair = std::pair<ConversationId, ConversationId>;

/// Freshchat gives each conversation two ids, a UUID and a number, and may know a conversation by one of them only,
/// while the table holds the other. Learns in the course of a run when it pays to ask for the other. Any thread.
class OtherIds {
public:
    /// Whether ids of this kind are so often unknown that the other one is asked for before any page.
    bool ask_first(ConversationId const& id) const;

    /// Whether asking may help an id that is not found: no more after three conversations that it did not help, unless
    /// it has helped before, or a question from before that is still open. Those that were deleted must not cost the
    /// others their messages.
    bool may_help(ConversationId const& id) const;

    /// Lives as long as it is open whether asking helps `id`.
    class Question {
    public:
        Question(OtherIds& other_ids, ConversationId id);
        ~Question();
        Question(Question const&) = delete;
        Question& operator=(Question const&) = delete;

    private:
        OtherIds& other_ids_;
        ConversationId id_;
        bool is_early_; ///< later ones must not keep each other going
    };

    /// Of the ids that Freshchat names for the conversation `id`, those to try, the likeliest first.
    std::vector<ConversationId> to_try(ConversationId const& id, IdPair const& named) const;

    void not_needed(ConversationId const& id); ///< it was found as it is
    void did_not_help(ConversationId const& id);
    void helped(ConversationId const& id, ConversationId const& other); ///< it was found as `other`

    /// Of each conversation that was found by another id: that id, and the table's. Only those whose other id is of a
    /// kind that the table holds too: a column of numbers refuses to be asked for UUIDs.
    std::vector<IdPair> found_as() const;

    /// Two ids of the table that were found by the same other one.
    std::vector<IdPair> twins() const;

private:
    enum class Kind { uuid, number };
    static Kind kind_of(ConversationId const& id);

    struct Experience {
        bool is_in_table = false;
        int not_helped = 0;
        int early_questions = 0;
        bool has_helped = false;
        int unknown_lately = 0; ///< above 0: found by the other id rather than as it is
        Kind found_as = Kind::uuid;
    };
    Experience const& with(ConversationId const& id) const;
    Experience& learn(ConversationId const& id);

    mutable std::mutex mutex_;
    std::array<Experience, 2> experience_; ///< by kind of the table's id
    TextStore texts_;
    std::unordered_map<std::string_view, std::string_view> found_as_; ///< id that was found → the table's id
    std::vector<IdPair> twins_;
};

} // namespace backfill::freshchat
