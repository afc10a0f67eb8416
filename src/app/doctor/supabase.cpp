#include "app/doctor/supabase.hpp"

#include "app/connections/connections.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/table_facts.hpp"
#include "backfill/supabase/work_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace backfill::app {
namespace {

constexpr int kUnauthorized = 401;
constexpr std::size_t kSamples = 3; ///< conversations to ask Freshchat for, each only if those before were not found

class SupabaseVisit {
public:
    explicit SupabaseVisit(Visit const& visit)
        : visit_{visit}, settings_{visit.settings}, key_{settings_.supabase_key}, gate_{visit.clock}
    {
    }

    std::vector<ConversationId> run()
    {
        bool const key_is_good = examine_key();
        Side const side{"supabase", "SUPABASE_URL", settings_.supabase, settings_.supabase_transport};
        if (!examine_way(visit_, side) || !key_is_good) {
            return {};
        }
        link_.emplace(
            observed(visit_.instruments.connections.supabase(), visit_.clock, visit_.instruments.wall_clock, seen_),
            gate_, key_, visit_.clock, visit_.calls, kOneTry);
        auto conversations = examine_tables();
        examine_answers(visit_, "supabase", seen_);
        return conversations;
    }

private:
    /// Reads the key's claims; sends nothing.
    bool examine_key()
    {
        std::string restriction;
        try {
            restriction = check_key(key_, settings_, visit_.instruments.wall_clock());
        } catch (FatalError const& error) {
            visit_.diagnosis.failed("supabase_key", error.found(), error.advice());
            return false;
        }
        bool const ends = key_.expires().has_value();
        auto const days = ends ? days_until(visit_, *key_.expires()) : 0;
        auto const life = ends ? end_text(days) : "without an end";
        visit_.diagnosis.passed("supabase_key", restriction.empty() ? "full access, " + life : restriction,
            !restriction.empty() ? "Use SUPABASE_SERVICE_ROLE_KEY, or policies that let this role select both tables "
                                   "and insert messages."
                : ends && days < kSoonDays ? "Take a new one from the project's settings (API keys) before that day."
                                           : "");
        return true;
    }

    std::vector<ConversationId> examine_tables()
    {
        std::size_t rows = 0;
        check("conversation_table", [&] { rows = examine_conversations(); });
        if (seen_.last_status == 0 || seen_.last_status == kUnauthorized) {
            return {}; // what follows would say the same
        }
        check("message_table", [&] {
            supabase::prove_reading(link_->postgrest, settings_.messages, visit_.stop);
            visit_.diagnosis.passed(
                "message_table", printable(settings_.messages.table) + " and its columns can be read");
        });
        check("message_writing", [&] {
            supabase::prove_writing(link_->postgrest, settings_.messages, visit_.stop);
            visit_.diagnosis.passed(
                "message_writing", "the right to insert and the unique key are there (by an upsert of no rows)");
        });
        std::vector<ConversationId> conversations;
        if (rows > 0) {
            check("row_cap", [&] { examine_row_cap(); });
            check("selection", [&] { conversations = choose(); });
        }
        return conversations;
    }

    /// An error that `examine` throws becomes the result of the check.
    template <typename Examine>
    void check(std::string const& name, Examine examine)
    {
        try {
            examine();
        } catch (FatalError const& error) {
            auto const& advice = error.advice();
            visit_.diagnosis.failed(name, error.found(), advice.empty() ? "Mend what the line says." : advice);
        } catch (BatchError const& error) {
            visit_.diagnosis.failed(name, error.what(), "Check SUPABASE_URL and that the project is up.");
        }
    }

    std::size_t examine_conversations()
    {
        auto const table = printable(settings_.conversation_table);
        auto const rows = supabase::prove_conversations(link_->postgrest, settings_.conversation_table, visit_.stop);
        if (rows > 0) {
            visit_.diagnosis.passed(
                "conversation_table", fmt::format("{} can be read and has {}", table, quantity(rows, "row")));
            return rows;
        }
        expect_full_sight(key_, settings_);
        visit_.diagnosis.passed("conversation_table", table + " is empty",
            "Import the conversations first: a run fetches the messages of those that it finds there.");
        return 0;
    }

    void examine_row_cap()
    {
        auto const answer = supabase::ask_for_many_rows(link_->postgrest, settings_.conversation_table, visit_.stop);
        auto const came = quantity(answer.came, "row");
        bool const is_cut = answer.came < std::min(answer.there, answer.asked);
        visit_.diagnosis.passed("row_cap",
            is_cut ? fmt::format("answers end at {}; this program reads page by page and misses nothing", came)
                   : fmt::format("none met: {} came in one answer", came));
    }

    std::vector<ConversationId> choose()
    {
        auto selection = settings_.selection;
        selection.sample.reset();
        supabase::WorkList work{link_->postgrest, settings_.conversation_table, selection};
        work.open(visit_.stop);
        if (work.taken() == 0) {
            visit_.diagnosis.passed("selection", "it names no conversation",
                "Check CREATED_FROM, CREATED_TO, CONVERSATION_IDS, CONVERSATIONS_FILE, MAX_CONVERSATIONS and SHARD.");
            return {};
        }
        auto const taken = "a run would take " + quantity(work.taken(), "conversation");
        auto const missing = work.missing().size();
        visit_.diagnosis.passed("selection",
            missing == 0 ? taken
                         : fmt::format("{}; {} of the chosen are not in table {}", taken, missing,
                             printable(settings_.conversation_table)),
            missing == 0 ? "" : "Check CONVERSATION_IDS and CONVERSATIONS_FILE.");
        std::vector<ConversationId> ids;
        for (auto& conversation : work.next_batch(kSamples, visit_.stop)) {
            ids.push_back(std::move(conversation.id));
        }
        return ids;
    }

    Visit const& visit_;
    Settings const& settings_;
    supabase::ApiKey key_;
    calls::RateGate gate_;
    Observations seen_;
    std::optional<SupabaseLink> link_;
};

} // namespace

std::vector<ConversationId> examine_supabase(Visit const& visit)
{
    return SupabaseVisit{visit}.run();
}

} // namespace backfill::app
