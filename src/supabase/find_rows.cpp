#include "supabase/find_rows.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/id_spelling.hpp"
#include "supabase/keyset.hpp"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>

namespace backfill::supabase {
namespace {

class Search {
public:
    Search(Postgrest& postgrest, std::string const& table, std::vector<std::string> const& columns,
        std::stop_token const& stop, std::string const& condition)
        : postgrest_{postgrest}, table_{table}, columns_{columns}, stop_{stop}, condition_{condition}
    {
    }

    std::vector<FoundRow> found;

    void find(std::vector<std::string> ids)
    {
        while (!ids.empty()) {
            auto const answer = ask(ids);
            if (answer.fault != Fault::none && ids.size() > 1) {
                find_halves(ids);
                return;
            }
            if (answer.fault == Fault::poison) {
                return;
            }
            if (answer.fault != Fault::none) {
                throw BatchError{
                    fmt::format("{}{} for the id {}", about(table_), answer.failure, printable(ids.front())),
                    answer.advice};
            }
            if (answer.rows.empty()) {
                return;
            }
            if (take(answer, ids) > 0) {
                continue;
            }
            // They are spelled as nobody here would: in another case, for a column that ignores it.
            if (ids.size() > 1) {
                find_halves(ids);
            } else {
                found.push_back({ids.front(), std::string{answer.rows[0][0]}, std::string{answer.rows[0][1]}});
            }
            return;
        }
    }

private:
    void find_halves(std::vector<std::string> const& ids)
    {
        auto const middle = ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2);
        find({ids.begin(), middle});
        find({middle, ids.end()});
    }

    Answer ask(std::vector<std::string> const& ids)
    {
        auto const id = column_name(columns_.front());
        auto const select = columns_.size() == 1 ? id : id + "," + column_name(columns_.back());
        return postgrest_.get(
            {table_,
                fmt::format("select={0}&{1}=in.({2})&order={1}.asc{3}{4}", select, id,
                    id_lists(ids, condition_.size()).front().text, condition_.empty() ? "" : "&", condition_),
                {}, columns_, ids.size() > 1 ? Divisible::yes : Divisible::no},
            stop_);
    }

    /// Returns how many of `ids` came, and leaves the others.
    std::size_t take(Answer const& answer, std::vector<std::string>& ids)
    {
        std::unordered_set<std::string> came;
        Spellings const asked{ids};
        for (auto const& row : answer.rows) {
            if (auto const* const id = asked.find(row[0]); id != nullptr) {
                came.insert(*id);
                found.push_back({*id, std::string{row[0]}, std::string{row[1]}});
            }
        }
        return std::erase_if(ids, [&came](auto const& id) { return came.contains(id); });
    }

    Postgrest& postgrest_;
    std::string const& table_;
    std::vector<std::string> const& columns_;
    std::stop_token const& stop_;
    std::string const& condition_;
};

} // namespace

std::vector<FoundRow> find_rows(Postgrest& postgrest, std::string const& table, std::vector<std::string> const& columns,
    std::vector<std::string> const& ids, std::stop_token const& stop, std::string const& condition)
{
    Search search{postgrest, table, columns, stop, condition};
    for (auto& list : id_lists(ids, condition.size())) {
        search.find(std::move(list.ids));
    }
    return std::move(search.found);
}

} // namespace backfill::supabase
