#include "faults/told.hpp"

#include "support/json.hpp"

#include <Poco/Exception.h>

#include <regex>
#include <stdexcept>

namespace backfill::test {
namespace {

constexpr auto kOutputLost = "freshchat-backfill: standard output could not be written: ";

Told told_in_text(Ended const& ended)
{
    static std::regex const debug{R"(\[Backfill\] \w+: (?:(?:GET|POST) .* → .*|.*, try \d+ of \d+ follows))"};
    Told told;
    told.strange = strange_lines(ended.out);
    told.shown = lines_of(ended.out);
    for (auto const& line : lines_of(ended.err)) {
        bool const output_lost = line.starts_with(kOutputLost);
        told.fatals += output_lost || line.starts_with("[Backfill] Fatal: ") ? 1 : 0;
        if (!(output_lost || line.starts_with("[Backfill] ") || line.starts_with("[Dry run] Next: ")
                || line.starts_with("[Dry run] To be stored without text: "))
            || line.find("internal error") != std::string::npos) {
            told.strange.push_back(line);
        }
        (std::regex_match(line, debug) ? told.debug : told.shown).push_back(line);
    }
    told.batch_began = ended.out.find("=== Batch ") != std::string::npos;
    if (told.batch_began || ended.out.find("Summary: {") != std::string::npos) {
        try {
            told.summary = summary_of(ended.out);
        } catch (std::runtime_error const&) {
            told.strange.emplace_back("(a batch began, and there is not exactly one summary)");
        }
    }
    told.tally = tally_of(ended.out);
    return told;
}

/// One line of a log in JSON.
class Line {
public:
    explicit Line(std::string const& text) : object_{parsed(text)}
    {
        for (auto const* key : {"time", "level", "event"}) {
            (void)object_->getValue<std::string>(key);
        }
    }

    std::string text(std::string const& key) const { return object_->optValue<std::string>(key, ""); }
    std::size_t number(std::string const& key) const { return object_->getValue<std::size_t>(key); }

    /// The texts of all fields, the name of the event first.
    std::string all() const
    {
        auto all = text("event");
        for (auto const& [key, value] : *object_) {
            all += value.isString() && key != "time" ? " " + value.convert<std::string>() : "";
        }
        return all;
    }

private:
    Json object_;
};

void add(Line const& line, Told& told)
{
    auto const event = line.text("event");
    if (event == "request" || event == "retry") {
        told.debug.push_back(line.text("side") + ": " + line.text("outcome") + " " + line.all());
        return;
    }
    told.shown.push_back(line.all());
    if (event == "fatal" || event == "output_error") {
        ++told.fatals;
    } else if (event == "internal_error") {
        told.strange.push_back(line.all());
    } else if (event == "batch_started") {
        told.batch_began = true;
    } else if (event == "conversation_done") {
        ++told.tally.lines;
        told.tally.fresh += line.number("new");
        told.tally.stored += line.number("stored");
        told.tally.failed += line.number("failed");
    } else if (event == "summary") {
        if (told.summary) {
            told.strange.push_back(line.all()); // a second one
        }
        told.summary = Summary{.conversations = line.number("conversations"),
            .processed = line.number("conversations_processed"),
            .skipped = line.number("conversations_skipped"),
            .failed = line.number("conversations_failed"),
            .inserted = line.number("messages_new"),
            .messages_failed = line.number("messages_failed"),
            .not_reached = line.number("conversations_not_reached")};
    }
}

Told told_in_json(Ended const& ended)
{
    Told told;
    for (auto const& line : lines_of(ended.out + ended.err)) {
        try {
            add(Line{line}, told);
        } catch (Poco::Exception const&) {
            told.strange.push_back(line);
        }
    }
    if (told.batch_began && !told.summary) {
        told.strange.emplace_back("(a batch began, and no summary came)");
    }
    return told;
}

} // namespace

bool is_verbose(Voice voice)
{
    return voice == Voice::verbose_text || voice == Voice::verbose_json;
}

bool is_json(Voice voice)
{
    return voice == Voice::json || voice == Voice::verbose_json;
}

Told told_by(Ended const& ended, Voice voice)
{
    return is_json(voice) ? told_in_json(ended) : told_in_text(ended);
}

} // namespace backfill::test
