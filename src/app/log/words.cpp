#include "app/log/words.hpp"

#include "app/settings/specs.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace backfill::app {
namespace {

/// The word by which users choose this value of the setting.
template <typename Value>
std::string word_of(char const* setting, Value value)
{
    return std::ranges::find(setting_spec(setting).choices, decltype(Choice::value){value}, &Choice::value)->word;
}

} // namespace

std::string name_of(Command command)
{
    return spec_of(command).name;
}

std::string name_of(Mode mode)
{
    return word_of("MODE", mode);
}

std::string name_of(Pace pace)
{
    return word_of("PACE", pace);
}

std::string name_of(Ending ending)
{
    switch (ending) {
    case Ending::complete:
        return "complete";
    case Ending::stopped:
        return "stopped";
    case Ending::fatal:
        return "fatal";
    }
    return {};
}

std::string name_of(calls::CeilingOrigin origin)
{
    switch (origin) {
    case calls::CeilingOrigin::none:
        return "none";
    case calls::CeilingOrigin::learned:
        return "learned";
    case calls::CeilingOrigin::declared:
        return "declared";
    case calls::CeilingOrigin::given:
        return "given";
    }
    return {};
}

std::string name_of(Phase phase)
{
    switch (phase) {
    case Phase::checking:
        return "checking";
    case Phase::listing:
        return "listing";
    case Phase::running:
        return "running";
    }
    return {};
}

CommandWords command_words(Settings const& settings)
{
    if (settings.command == Command::verify) {
        return settings.repair ? CommandWords{"[Verify]", "Verify and repair", "Verify and Repair Messages"}
                               : CommandWords{"[Verify]", "Verify", "Verify Messages"};
    }
    return settings.command == Command::dry_run ? CommandWords{"[Dry run]", "Dry run", "Backfill Messages (dry run)"}
                                                : CommandWords{"[Backfill]", "Backfill", "Backfill Messages"};
}

Log speaking_as_command(Settings const& settings, Log const& log)
{
    if (settings.command != Command::verify) {
        return log;
    }
    auto const own = [prefix = command_words(settings).prefix](Event event) {
        constexpr std::string_view kOfRun = "[Backfill]";
        auto const begin = std::min(event.text.find_first_not_of('\n'), event.text.size());
        if (std::string_view{event.text}.substr(begin).starts_with(kOfRun)) {
            event.text.replace(begin, kOfRun.size(), prefix);
        }
        return event;
    };
    auto speaking = log;
    speaking.out = [own, log](Event const& event) { log.out(own(event)); };
    speaking.note = [own, log](Event const& event) { log.note(own(event)); };
    speaking.out_together = [own, log](std::vector<Event> events) {
        std::ranges::transform(events, events.begin(), own);
        log.results(events);
    };
    return speaking;
}

MessageWords message_words(Settings const& settings)
{
    if (settings.command == Command::verify) {
        MessageWord const stored{"stored", "stored", "totalMessagesStored"};
        return settings.repair ? MessageWords{{"repaired", "repaired", "totalMessagesRepaired"}, stored}
                               : MessageWords{{"missing", "missing", "totalMessagesMissing"}, stored};
    }
    bool const dry = settings.command == Command::dry_run;
    bool const update = settings.messages.on_conflict == supabase::OnConflict::update;
    return {dry ? MessageWord{"to insert", "would be inserted", "totalMessagesToInsert"}
                : MessageWord{"new", "new", "totalMessagesInserted"},
        !update   ? MessageWord{"skipped", "skipped", ""}
            : dry ? MessageWord{"to update", "would be updated", "totalMessagesToUpdate"}
                  : MessageWord{"updated", "updated", "totalMessagesUpdated"}};
}

} // namespace backfill::app
