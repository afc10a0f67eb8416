#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/supabase/acceptance.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/postgrest.hpp"
#include "backfill/supabase/request_size.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace backfill::supabase {

struct RowResult {
    enum class Fate {
        written,        ///< inserted (or, with OnConflict::update, rewritten)
        already_stored, ///< the database had its id, or another run was quicker
        refused,        ///< the database refuses this row
        dropped,        ///< the database took this row without an error, and does not hold it
        lost,           ///< the upsert failed for good; the row may or may not be stored
        cut_off,        ///< likewise, because the run was stopped
        put_back,       ///< refused with others, not alone: to be sent again when Acceptance is known
    };
    Fate fate = Fate::lost;
    std::string reason{};          ///< fit to print; never quotes a value
    std::string code{};            ///< PostgREST's or the database's, of a refused row
    std::string advice{};          ///< what mends a refusal, in sentences
    ConversationId stored_under{}; ///< another conversation than the row's, where its id is stored
};

/// Writes to the message table through PostgREST. One per thread, all of a run with one Acceptance. Throws FatalError,
/// Stopped.
class MessageWriter {
public:
    /// So many conversations with a refused row, and no row accepted, are evidence against the table.
    static constexpr std::size_t kEnoughRefused = 5;

    using BeforeRequest = std::function<void(std::span<Row const>)>; ///< is told what the next request holds

    MessageWriter(Postgrest& postgrest, MessageTableLayout layout, Acceptance& acceptance, BeforeRequest before = {});

    /// Upserts rows in their order: each id once, those of a conversation side by side and oldest first. `results[i]`
    /// is the fate of `rows[i]`, also for those answered before an exception.
    ///
    /// A refused request is sent in halves down to the guilty rows: a lone one costs at most 2·log2(rows) requests
    /// more. Until Acceptance is known, only down to one row of each conversation, each part on the way being tried
    /// once, and for kEnoughRefused conversations at most; the rest is put back. Hold Acceptance::trial() then.
    ///
    /// After every 50 rows refused in a row proves again what the preflight proves: a right, a column or the key may
    /// have been taken away.
    void upsert(std::vector<Row> const& rows, std::vector<RowResult>& results, std::stop_token const& stop);

private:
    struct Part;

    Answer post(std::span<Row const> rows, std::stop_token const& stop);
    Fault attempt(Part part, std::stop_token const& stop);
    bool send(Part part, std::stop_token const& stop, bool known_refused = false);
    void try_out(Part part, std::stop_token const& stop);
    bool accepts(Part part, std::stop_token const& stop);
    void search(Part part, std::stop_token const& stop);
    void send_put_back(Part part, std::stop_token const& stop);
    void take(Part part, Answer const& answer, std::stop_token const& stop);
    void suspect_rows(Answer& answer, std::stop_token const& stop);
    void take_passed_over(Part part, Answer const& answer, std::stop_token const& stop);
    void refuse(Part part, Answer const& answer, std::stop_token const& stop);

    Postgrest& postgrest_;
    MessageTableLayout layout_;
    Acceptance& acceptance_;
    BeforeRequest before_request_;
    RequestSize request_size_;
    int lost_in_a_row_ = 0;                             ///< single rows
    std::string suspected_code_{};                      ///< of the server, but rows of this upsert cause it
    std::unordered_set<std::string_view> maybe_stored_; ///< of this upsert, by a request whose answer got lost
};

} // namespace backfill::supabase
