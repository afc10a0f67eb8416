#include "app/doctor/visit.hpp"

#include "app/files/pass.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/supabase/doubts.hpp"
#include "backfill/supabase/list_trials.hpp"
#include "backfill/supabase/preflight.hpp"
#include "backfill/supabase/schema_sql.hpp"
#include "backfill/supabase/work_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace backfill::app {
namespace {

constexpr int kUnauthorized = 401;
constexpr std::chrono::milliseconds kSlowPage{50}; // with an index it takes a few
constexpr std::size_t kSamples = 3; ///< conversations to ask Freshchat for, each only if those before were not found

class SupabaseVisit {
public:
    explicit SupabaseVisit(Visit const& visit)
        : visit_{visit}, settings_{visit.settings}, key_{settings_.supabase_key}, gate_{visit.clock}, seen_{visit}
    {
    }

    Sample run()
    {
        bool const key_is_good = check("supabase_key", [&] { return examine_key(); });
        Side const side{"supabase", "SUPABASE_URL", settings_.supabase, settings_.supabase_transport};
        if (examine_way(visit_, side) && key_is_good) {
            link_.emplace(
                visit_.instruments.connections.supabase(), settings_, gate_, key_, visit_.clock, seen_, kOneTry);
            examine_tables();
            examine_answers(visit_, "supabase", seen_);
        }
        return sample_;
    }

private:
    struct Finding {
        std::string detail;
        std::string advice{}; ///< makes it a warning
        bool leaves_nothing = false;
    };

    /// An error that `examine` throws makes it a check that failed. Returns whether it passed.
    template <typename Examine>
    bool check(std::string const& name, Examine examine)
    {
        try {
            Finding const finding = examine();
            visit_.passed(name, finding.detail, finding.advice, finding.leaves_nothing);
            return true;
        } catch (FatalError const& fatal) {
            auto const error = about_key(fatal, settings_);
            auto const& advice = error.advice();
            visit_.failed(name, error.found(), advice.empty() ? "Fix what the line says." : advice);
        } catch (BatchError const& error) {
            visit_.failed(name, error.what(), error.advice());
        }
        return false;
    }

    /// Reads the key's claims; sends nothing.
    Finding examine_key()
    {
        if (auto const restriction = check_key(key_, settings_, visit_.instruments.wall_clock());
            !restriction.empty()) {
            return {restriction,
                (settings_.supabase_key_advice.empty() ? "Use SUPABASE_SECRET_KEY (or SUPABASE_SERVICE_ROLE_KEY), or"
                                                       : "Or give")
                    + std::string{" policies that let this role select both tables and insert messages."}};
        }
        auto const days = days_until(visit_, key_.expires());
        return {key_text(settings_) + ": full access, " + (days ? end_text(*days) : "does not expire"),
            days && *days < kSoonDays ? "Take a new one from the project's settings (API keys) before that day." : ""};
    }

    void examine_tables()
    {
        check("conversation_table", [&] { return examine_conversations(); });
        if (seen_.last_status == 0 || seen_.last_status == kUnauthorized) {
            return; // what follows would say the same
        }
        bool const is_there = check("message_table", [&] {
            supabase::prove_reading(link_->postgrest, settings_.messages, visit_.stop);
            return Finding{printable(settings_.messages.table) + " and its columns can be read"};
        });
        check("message_writing", [&] { return examine_writing(); });
        if (is_there) {
            examine_columns();
        }
        if (rows_ > 0) {
            check("row_cap", [&] { return examine_row_cap(); });
            if (rows_ > supabase::kPageRows) { // else the list is a page or two
                check("conversation_index", [&] { return examine_order(); });
            }
            if (settings_.updated_since) {
                check("updated_time", [&] { return examine_updates(); });
            }
            check("selection", [&] { return choose(); });
        }
    }

    Finding examine_conversations()
    {
        auto const table = printable(settings_.conversations.name);
        rows_ = supabase::prove_conversations(link_->postgrest, settings_.conversations, visit_.stop);
        if (rows_ > 0) {
            return {fmt::format("{} can be read and has {}", table, quantity(rows_, "row"))};
        }
        expect_full_sight(key_, settings_);
        return {table + " is empty",
            "Import the conversations first: a run fetches the messages of those that it finds there.", true};
    }

    /// PostgREST tells nothing of policies, and an upsert of no rows meets none.
    Finding examine_writing()
    {
        if (auto const doubt = supabase::prove_writing(link_->postgrest, settings_.messages, visit_.stop)) {
            return {doubt->found, doubt->advice};
        }
        if (key_.bypasses_row_level_security()) {
            return {"the right to insert and a unique key are there (an upsert of no rows passed; a deferrable key, "
                    "checks and triggers show with rows only)"};
        }
        bool const updates = settings_.messages.on_conflict == supabase::OnConflict::update;
        return {"the right to insert and a unique key are there; whether row-level security lets this role's rows in "
                "shows with rows only",
            fmt::format("If it is on for {}, the role needs a policy for insert{}: freshchat-backfill schema prints "
                        "what fits. run --limit 5 shows whether the rows pass.",
                printable(settings_.messages.table), updates ? ", and one for update" : "")};
    }

    void examine_columns()
    {
        auto const doubts =
            supabase::doubts_about(link_->postgrest, settings_.conversations, settings_.messages, visit_.stop);
        if (!doubts) {
            visit_.passed(
                "message_columns", "the API does not tell this key their types: the first rows show whether they fit");
        } else if (std::ranges::count(*doubts, supabase::Doubt::About::messages, &supabase::Doubt::about) == 0) {
            visit_.passed("message_columns",
                "their types fit, and no other column needs a value (columns behind a view are not shown)");
        }
        for (auto const& doubt : doubts.value_or(std::vector<supabase::Doubt>{})) {
            bool const is_of_messages = doubt.about == supabase::Doubt::About::messages;
            visit_.passed(is_of_messages ? "message_columns" : "conversation_columns", doubt.found, doubt.advice);
        }
    }

    Finding examine_row_cap()
    {
        auto const answer = supabase::ask_for_many_rows(link_->postgrest, settings_.conversations, visit_.stop);
        auto const came = quantity(answer.came, "row");
        bool const is_cut = answer.came < std::min(answer.there, answer.asked);
        return {is_cut ? fmt::format("answers end at {}; this program reads page by page and misses nothing", came)
                       : fmt::format("none met: {} came in one answer", came)};
    }

    /// PostgREST tells nothing of indexes, so time does: beyond that of the quickest answer, and of a single row too,
    /// as a page may only be slow on its way.
    Finding examine_order()
    {
        auto const time = [&](std::size_t rows) {
            auto const took = supabase::time_first_rows(link_->postgrest, settings_.conversations, rows, visit_.stop);
            return took.value_or(seen_.quickest) - seen_.quickest;
        };
        auto took = time(supabase::kPageRows);
        if (took > kSlowPage) {
            took = std::min(took, time(1));
        }
        auto const text = fmt::format("the first rows in the list's order took {} ms",
            std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
        if (took <= kSlowPage) {
            return {text};
        }
        return {text + ", and so may each page of it",
            "Without an index in this order the database sorts the whole table for each 1000 conversations. If there "
            "is "
            "none, run in SQL (where it is a view: on its table): "
                + printable(supabase::list_index_sql(settings_.conversations, settings_.schema), std::string::npos)};
    }

    /// A change that nobody dated must not be lost, so rows without a time are taken each night.
    Finding examine_updates()
    {
        auto const& column = settings_.conversations.updated_time;
        auto const undated = supabase::rows_never_updated(link_->postgrest, settings_.conversations, visit_.stop);
        auto const text = fmt::format("{} of {} no {}", undated,
            quantity(rows_, "conversation") + (rows_ == 1 ? " has" : " have"), printable(column));
        if (2 * undated < rows_) {
            return {text};
        }
        return {text + ", and UPDATED_SINCE takes these each time",
            "Let what fills the table set the column whenever a conversation changes, and fill it once for the rest."};
    }

    LastRun next_run() const
    {
        auto run = settings_;
        run.command = Command::run;
        auto const state = run.state_file.empty() ? nullptr : std::make_unique<StateFile const>(run);
        return begin_pass(run, state.get(), visit_.instruments.wall_clock());
    }

    Finding choose()
    {
        auto const next = next_run();
        auto selection = settings_.selection;
        selection.sample.reset();
        selection.updated_since = next.updated_since;
        selection.again = selection.only ? std::vector<ConversationId>{} : next.owed;
        supabase::WorkList work{link_->postgrest, settings_.conversations, selection};
        work.open(visit_.stop);
        if (work.taken() == 0 && !next.updated_since.empty()) {
            return {"a run would take no conversation now: none was updated since " + next.updated_since};
        }
        if (work.taken() == 0) {
            return {"the settings choose no conversation",
                "Check CREATED_FROM, CREATED_TO, CONVERSATION_FILTER, CONVERSATION_IDS, CONVERSATIONS_FILE, "
                "MAX_CONVERSATIONS and SHARD.",
                true};
        }
        for (auto& conversation : work.next_batch(kSamples, visit_.stop)) {
            sample_.first.push_back(std::move(conversation.id));
        }
        sample_.taken = work.taken();
        auto const taken = "a run would take " + quantity(work.taken(), "conversation");
        if (work.missing().empty()) {
            return {taken};
        }
        return {fmt::format("{}; {} of the chosen not in table {}", taken, work.missing().size(),
                    printable(settings_.conversations.name)),
            "Check CONVERSATION_IDS and CONVERSATIONS_FILE."};
    }

    Visit const& visit_;
    Settings const& settings_;
    supabase::ApiKey key_;
    calls::RateGate gate_;
    Observations seen_;
    std::optional<SupabaseLink> link_;
    std::size_t rows_ = 0; ///< of the conversation table
    Sample sample_;
};

} // namespace

Sample examine_supabase(Visit const& visit)
{
    return SupabaseVisit{visit}.run();
}

} // namespace backfill::app
