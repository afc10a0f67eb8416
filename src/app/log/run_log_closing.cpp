#include "app/log/run_log.hpp"

#include "app/log/closing_lines.hpp"
#include "app/log/number_text.hpp"
#include "app/log/words.hpp"

#include <fmt/format.h>

namespace backfill::app {
namespace {

/// Rows that say nothing, and what would make them.
Event without_text(Settings const& settings, std::size_t rows)
{
    auto const* const why = settings.other_parts == OtherParts::describe
        ? "parts of unknown types. The field raw keeps them (MESSAGE_COLUMNS)"
        : "images, buttons, e-mails or the like. OTHER_PARTS=describe puts such parts into words; in rows that are "
          "stored, with ON_CONFLICT=update";
    return {"messages_without_text", Level::info, {{"messages", rows}},
        fmt::format("{} {} without text: {}, made only of {}.", command_words(settings).prefix,
            settings.writes() ? "Stored" : "To be stored", counted(rows, "row"), why)};
}

} // namespace

void RunLog::finished(Ending ending)
{
    facts_.over();
    auto const run = facts_.snapshot();
    auto const events = closing_events(settings_, run, ending);
    for (auto const& event : events) {
        log_.out(event);
    }
    if (!events.empty() && run.messages.without_text > 0) {
        log_.note(without_text(settings_, run.messages.without_text));
    }
    if (!events.empty() && run.stored_elsewhere > 0) {
        bool const one = run.stored_elsewhere == 1;
        bool const moves =
            settings_.command == Command::run && settings_.messages.on_conflict == supabase::OnConflict::update;
        warning(moves ? fmt::format("{} {} stored under another conversation (merged?): ON_CONFLICT=update moved {} to "
                                    "the one that was stored last; -v names each.",
                    counted(run.stored_elsewhere, "message"), one ? "was" : "were", one ? "it" : "them")
                      : fmt::format("{} {} stored under another conversation than at Freshchat (merged?), and {} as "
                                    "stored; -v names each.",
                          counted(run.stored_elsewhere, "message"), one ? "is" : "are", one ? "counts" : "count"));
    }
}

void RunLog::told_what_next(RunEnd const& end)
{
    for (auto const& event : next_step_events(settings_, facts_.snapshot(), end)) {
        log_.note(event);
    }
}

} // namespace backfill::app
