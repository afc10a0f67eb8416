#include "backfill/supabase/message_writer.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/id_spelling.hpp"
#include "backfill/supabase/preflight.hpp"
#include "supabase/upsert_body.hpp"

#include <algorithm>
#include <iterator>
#include <memory_resource>
#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

using Fate = RowResult::Fate;

constexpr std::size_t kProveAgainAfter = 50;
constexpr int kLostAreAnOutage = 2;

} // namespace

struct MessageWriter::Part {
    std::span<Row const> rows;
    std::span<RowResult> results;

    std::size_t size() const { return rows.size(); }
    Part sub(std::size_t begin, std::size_t count) const
    {
        return {rows.subspan(begin, count), results.subspan(begin, count)};
    }
    Part first_half() const { return sub(0, size() / 2); }
    Part second_half() const { return sub(size() / 2, size() - size() / 2); }
};

MessageWriter::MessageWriter(
    Postgrest& postgrest, MessageTableLayout layout, Acceptance& acceptance, BeforeRequest before)
    : postgrest_{postgrest}, layout_{std::move(layout)}, acceptance_{acceptance}, before_request_{std::move(before)}
{
}

void MessageWriter::upsert(std::vector<Row> const& rows, std::vector<RowResult>& results, std::stop_token const& stop)
{
    results.assign(rows.size(), {Fate::lost});
    suspected_code_.clear();
    maybe_stored_.clear();
    Part const all{rows, results};
    try {
        for (std::size_t begin = 0, size = 0; begin < rows.size(); begin += size) {
            size = std::min(rows.size() - begin, request_size_.rows());
            auto const part = all.sub(begin, size);
            if (acceptance_.is_known()) {
                send(part, stop);
            } else {
                try_out(part, stop);
            }
        }
    } catch (BatchError const& error) {
        for (auto& result : results) {
            if (result.fate == Fate::lost || result.fate == Fate::put_back) {
                result = {Fate::lost, error.what()};
            }
        }
    }
}

Answer MessageWriter::post(std::span<Row const> rows, std::stop_token const& stop)
{
    auto const id = layout_.column_of("id");
    Query const query{layout_.table,
        "on_conflict=" + layout_.key_list() + "&columns=" + layout_.column_list() + "&select=" + column_name(id),
        layout_.resolution() + ",return=representation,count=exact", {id},
        rows.size() > 1 ? Divisible::yes : Divisible::no, Payload::rows, layout_.key_sql(), suspected_code_};
    if (before_request_) {
        before_request_(rows);
    }
    auto answer = postgrest_.post(query, body_of(rows), stop);
    if (answer.fault == Fault::smaller || answer.fault == Fault::too_long) {
        request_size_.refused(rows.size());
    }
    if (answer.fault == Fault::fatal || answer.fault == Fault::unknown) {
        suspect_rows(answer, stop);
    }
    return answer;
}

/// The answer's code is one of the server, but a trigger may raise any: where an upsert of no rows passes, one of these
/// is to blame, and the parts of the request are tried once each.
void MessageWriter::suspect_rows(Answer& answer, std::stop_token const& stop)
{
    auto const what = about(layout_.table) + answer.failure;
    bool const is_suspected = answer.code == suspected_code_;
    bool const is_slow =
        is_suspected && answer.code == "57014" && *answer.took > RequestSize::kQuick; // as with any row, perhaps
    if (is_slow || (!is_suspected && !takes_upserts(postgrest_, layout_, stop))) {
        if (answer.fault == Fault::fatal) {
            throw FatalError{what, answer.advice};
        }
        throw BatchError{what, answer.advice};
    }
    suspected_code_ = answer.code;
    answer.fault = Fault::poison;
    answer.advice =
        "An upsert of no rows passes, so a trigger, policy or function of the table causes this for some rows: "
        "look for it there.";
}

/// Sends the part in one request: `none` when it was taken. Where it was not and is a single row, its result is told.
/// Of one that got no answer, that may be its own fault: a statement that never ends in time. Of a second one in a row
/// the server is to blame, or the way to it.
Fault MessageWriter::attempt(Part part, std::stop_token const& stop)
{
    Answer answer;
    try {
        answer = post(part.rows, stop);
        lost_in_a_row_ = 0;
    } catch (BatchError const& error) {
        if (part.size() > 1 || ++lost_in_a_row_ == kLostAreAnOutage) {
            throw;
        }
        part.results.front() = {Fate::lost, error.what()};
        return Fault::unknown;
    }
    if (answer.fault == Fault::none) {
        take(part, answer, stop);
    } else if (part.size() == 1) {
        refuse(part, answer, stop);
    } else if (answer.may_be_a_repetition) {
        std::ranges::transform(part.rows, std::inserter(maybe_stored_, maybe_stored_.end()), &Row::id);
    }
    return answer.fault;
}

/// Each row that is refused is to blame itself. `known_refused` as a whole: then it is not sent as a whole. Returns
/// whether all of it was taken.
bool MessageWriter::send(Part part, std::stop_token const& stop, bool known_refused)
{
    bool refused = known_refused;
    if (!known_refused || part.size() == 1) {
        auto const fault = attempt(part, stop);
        if (fault == Fault::none || part.size() == 1) {
            return fault == Fault::none;
        }
        refused = fault == Fault::poison;
    }
    bool const first_was_taken = send(part.first_half(), stop);
    send(part.second_half(), stop, refused && first_was_taken);
    return false;
}

/// Nothing was accepted yet: looks for a row that is.
void MessageWriter::try_out(Part part, std::stop_token const& stop)
{
    std::ranges::fill(part.results, RowResult{Fate::put_back});
    auto const enough = [this] { return acceptance_.refused_conversations() >= kEnoughRefused; };
    if (!enough() && !accepts(part, stop)) {
        search(part, stop);
    }
    for (std::size_t begin = 0, size = 0; begin < part.size() && !acceptance_.is_known() && !enough(); begin += size) {
        auto const conversation = part.rows[begin].conversation;
        for (size = 1; begin + size < part.size() && part.rows[begin + size].conversation == conversation;) {
            ++size;
        }
        auto const one = part.sub(begin, size);
        if (!acceptance_.has_refused(conversation) && !accepts(one, stop)) {
            search(one, stop);
        }
    }
    send_put_back(part, stop);
}

/// The part was refused as a whole. Tries each half once, then goes on with the newer one: what refuses only old rows
/// takes the newest. Ends when a row was accepted, or with one refused.
void MessageWriter::search(Part part, std::stop_token const& stop)
{
    while (part.size() > 1) {
        auto const older = part.first_half();
        auto const newer = part.second_half();
        if (accepts(older, stop)) {
            send(newer, stop, true);
            return;
        }
        if (accepts(newer, stop)) {
            send(older, stop, true);
            return;
        }
        part = newer;
    }
}

/// Returns whether any of it was taken. A single row that is not is refused.
bool MessageWriter::accepts(Part part, std::stop_token const& stop)
{
    auto const fault = attempt(part, stop);
    if (fault == Fault::none) {
        return true;
    }
    if (part.size() == 1) {
        if (part.results.front().fate == Fate::refused) {
            acceptance_.refused(part.rows.front().conversation);
        }
        return false;
    }
    return fault != Fault::poison && (accepts(part.first_half(), stop) || accepts(part.second_half(), stop));
}

/// Once the table is known to take rows.
void MessageWriter::send_put_back(Part part, std::stop_token const& stop)
{
    for (std::size_t begin = 0, size = 0; acceptance_.is_known() && begin < part.size(); begin += size + 1) {
        for (size = 0; begin + size < part.size() && part.results[begin + size].fate == Fate::put_back;) {
            ++size;
        }
        if (size > 0) {
            send(part.sub(begin, size), stop);
        }
    }
}

/// Tells of each row whether it was inserted, and why not: it was stored, perhaps by another run a moment ago, or a
/// trigger swallowed it. Where it may have been sent before, the answer that got lost may be the one that stored it.
void MessageWriter::take(Part part, Answer const& answer, std::stop_token const& stop)
{
    expect_resolution(answer, layout_);
    acceptance_.accepted();
    if (answer.took) {
        request_size_.taken(part.size(), *answer.took);
    }
    std::ranges::fill(part.results, RowResult{Fate::written});
    take_passed_over(part, answer, stop);
}

void MessageWriter::take_passed_over(Part part, Answer const& answer, std::stop_token const& stop)
{
    std::pmr::monotonic_buffer_resource memory;
    std::pmr::unordered_set<std::string_view> inserted{answer.rows.size(), &memory}; // as the answer spells them
    for (auto const& row : answer.rows) {
        inserted.insert(row[0]);
    }
    std::vector<std::size_t> passed_over; // or stored in another spelling, or by a trigger under another id
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (!inserted.contains(part.rows[i].id)) {
            passed_over.push_back(i);
        }
    }
    std::unordered_set<std::string> spelt_otherwise;
    for (auto const& row : passed_over.empty() ? std::vector<KeyTexts>{} : answer.rows) {
        spelt_otherwise.insert(folded(row[0]));
    }
    std::erase_if(passed_over, [&](auto i) { return spelt_otherwise.contains(folded(part.rows[i].id)); });
    if (passed_over.empty()) {
        return;
    }
    bool const all_came = answer.rows.size() == part.size();
    std::vector<Row> rows;
    for (auto const i : passed_over) {
        rows.push_back(part.rows[i]);
        part.results[i] = {Fate::lost, "nobody could say whether it is stored"};
    }
    auto const stored = MessageTable{postgrest_, layout_}.stored_among(rows, stop);
    for (std::size_t k = 0; k < rows.size(); ++k) {
        auto& result = part.results[passed_over[k]];
        bool const may_be_own = answer.may_be_a_repetition || maybe_stored_.contains(rows[k].id);
        result = !stored[k]
            ? RowResult{Fate::dropped,
                all_came ? "the database took it, and it cannot be read back under its id: a trigger gave it "
                           "another one, or a view or a policy hides it"
                         : "the database took it without an error and did not store it (a trigger?)"}
            : RowResult{all_came || (may_be_own && stored[k]->empty()) ? Fate::written : Fate::already_stored};
        result.stored_under = stored[k].value_or("");
    }
}

void MessageWriter::refuse(Part part, Answer const& answer, std::stop_token const& stop)
{
    part.results.front() = {Fate::refused, answer.failure, answer.code, answer.advice};
    if (acceptance_.count_refused() % kProveAgainAfter == 0) {
        prove_reading(postgrest_, layout_, stop);
        prove_writing(postgrest_, layout_, stop);
    }
}

} // namespace backfill::supabase
