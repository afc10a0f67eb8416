#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/id_sketch.hpp"
#include "backfill/core/sample.hpp"
#include "backfill/core/shard.hpp"
#include "backfill/supabase/filter.hpp"
#include "backfill/supabase/postgrest.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace backfill::supabase {

class Keyset;
struct RowCount;

/// The table of conversations, and the columns that are read of it.
struct ConversationTable {
    ConversationTable(std::string the_name = {}) : name{std::move(the_name)} {}
    ConversationTable(char const* the_name) : name{the_name} {}

    /// Condition of the rows that are conversations of Freshchat and meet the filters.
    std::string condition() const;

    std::string name;
    std::string id = "id";
    std::string created_time = "created_time"; ///< empty: there is none, and the list is in the order of ids
    std::string updated_time{};                ///< empty: nobody asks when a row was changed
    std::vector<Filter> filters{};             ///< that rows must meet, all of them
    bool is_chosen_by_created_time = false;    ///< the selection has dates
};

/// Which conversations.
struct Selection {
    std::string created_from;                        ///< RFC 3339, inclusive; empty = no bound
    std::string created_to;                          ///< RFC 3339, inclusive; empty = no bound
    std::optional<std::vector<ConversationId>> only; ///< only these; nothing = all
    std::optional<std::size_t> limit;                ///< at most this many
    std::optional<std::size_t> sample{};             ///< this many of those, drawn at random
    Shard shard{};                                   ///< only its conversations
    std::optional<Conversation> after{};             ///< only those after it in the list
    std::string updated_since{};  ///< RFC 3339, inclusive, or never updated; empty = no bound. Needs updated_time
    std::string updated_before{}; ///< RFC 3339, exclusive, for those that were updated; empty = no bound
    /// What the next run has for updated_since: rows that come into the list by a later change are left to it.
    std::string next_updated_since{};
    std::vector<ConversationId> again{}; ///< those of them that the list lacks come behind it
};

/// The conversations to work on, oldest first: ties by id in the database's order, those without created_time last, or
/// left out when dates bound the range. Rows whose id is NULL, or that a filter excludes, are none. Reads pages by
/// keyset, so a row cap cuts nothing, offsets do not shift when rows come or go, and memory does not grow with the
/// table. One thread. Throws as Postgrest does. Its pages are in work_list_pages.cpp.
class WorkList {
public:
    WorkList(Postgrest& postgrest, ConversationTable table, Selection selection);
    ~WorkList();

    /// Counts, and reads the first page: one request, where that page holds all. Call once, first.
    void open(std::stop_token const& stop);

    std::size_t matching() const { return matching_; } ///< rows in the selection, before the limit
    bool is_estimate() const { return is_estimate_; }  ///< those numbers: counting took the database too long
    std::size_t taken() const;                         ///< of these and the missing, after limit and sample

    bool is_whole_table() const; ///< limit and sample apart: all rows with an id

    /// Ids asked for that are not in the table, filters or no filters, after the limit.
    std::vector<ConversationId> const& missing() const { return missing_; }

    /// Of `again`, those that are no more in the table, or do not meet what they must.
    std::vector<ConversationId> const& gone() const { return gone_; }

    /// The next `size` conversations; fewer at the end, none after it.
    std::vector<Conversation> next_batch(std::size_t size, std::stop_token const& stop);

    std::size_t handed_out() const { return handed_out_; } ///< by next_batch(), so far
    /// Rows that were dropped: the one before had the same id, or theirs is empty.
    std::size_t repeated() const { return repeated_; }

    /// Call at the end: how many rows are now in the part of the table that was read, and were not read: they moved
    /// there, or came with an old time. Reads the list again if it took more than one page, which is of one moment. In
    /// work_list_end.cpp.
    std::size_t unread(std::stop_token const& stop);

    /// The conversations that are now at or before the place after which this list begins; nothing where the database
    /// cannot tell. Reads them. In work_list_end.cpp.
    std::optional<IdSketch> ids_before(std::stop_token const& stop) const;

    /// Rows of the longest page so far that was asked for with a limit of kPageRows: no row cap is below that.
    std::size_t longest_page() const { return longest_page_; }

    /// True when the last batch was handed out.
    bool at_end() const;

private:
    void open_chosen(std::stop_token const& stop); // this and what follows in work_list_chosen.cpp
    void open_again(std::stop_token const& stop);
    void keep_meeting(
        std::vector<Conversation>& found, std::string const& condition, std::stop_token const& stop) const;
    std::string range() const;     ///< of created_time, as a condition; "" for none
    std::string condition() const; ///< of all rows of the list, dates apart
    void count_split_repeats(std::stop_token const& stop);
    std::string bound(char const* condition, std::string const& when) const; ///< a filter on created_time, or ""
    void fill(std::size_t wanted, std::stop_token const& stop);
    std::size_t fetch_page(std::stop_token const& stop);
    Answer read_first_page(std::size_t most, std::stop_token const& stop);
    Answer read_page(std::size_t most, std::stop_token const& stop);
    void end_pass();
    RowCount read_and_count(std::stop_token const& stop);
    RowCount count_unread(std::stop_token const& stop);
    std::size_t count_by_reading(std::stop_token const& stop);
    void start_sample();
    template <typename Item>
    void draw(std::vector<Item>& items)
    {
        std::erase_if(items, [this](auto const&) { return sample_ && !sample_->draws(); });
    }
    static std::uint32_t short_hash(ConversationId const& id) { return static_cast<std::uint32_t>(stable_hash(id)); }
    bool has_dates() const { return !selection_.created_from.empty() || !selection_.created_to.empty(); }

    Postgrest& postgrest_;
    ConversationTable table_;
    Selection selection_;
    std::list<Keyset> passes_;              ///< still to be read: conversations with created_time, then those without
    bool pages_count_ = true;               ///< until counting takes the database too long
    bool next_is_of_both_ = false;          ///< the next page: it may hold rows of both passes
    bool ahead_is_of_both_ = false;         ///< so did the last one, and rows_ahead_ counts both
    std::optional<std::size_t> rows_ahead_; ///< of the first pass, as it was counted last
    std::size_t longest_page_ = 0;
    std::size_t matching_ = 0;
    bool is_estimate_ = false;
    std::size_t handed_out_ = 0;
    std::size_t repeated_ = 0;
    std::size_t pages_ = 0;          ///< with rows
    std::deque<std::uint32_t> read_; ///< hashes of the ids read, four bytes for each
    ConversationId last_;            ///< that was read
    std::vector<std::pair<Conversation, std::size_t>>
        page_ends_;        ///< the last row of each page, and rows of its key there
    std::size_t left_ = 0; ///< how many may still be read under the limit
    std::optional<Sample> sample_;
    std::deque<Conversation> waiting_;
    std::vector<Conversation> again_; ///< until the list has ended
    std::vector<ConversationId> gone_;
    std::vector<ConversationId> missing_;
};

/// How many of the conversations have NULL as updated_time: every choice by it takes them. Throws as Postgrest does.
std::size_t rows_never_updated(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

/// How many rows have NULL in place of an id. Throws as Postgrest does.
std::size_t rows_without_id(Postgrest& postgrest, ConversationTable const& table, std::stop_token const& stop);

} // namespace backfill::supabase
