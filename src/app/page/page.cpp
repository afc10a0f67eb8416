#include "app/page/page.hpp"

#include "app/log/duration_text.hpp"
#include "app/log/number_text.hpp"
#include "app/log/words.hpp"
#include "app/page/html_text.hpp"
#include "app/page/page_parts.hpp"
#include "app/page/pictures.hpp"
#include "app/page/verdict.hpp"

#include "backfill/core/version.hpp"

#include <Poco/Base64Encoder.h>
#include <Poco/SHA2Engine.h>

#include <array>
#include <cmath>
#include <functional>
#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kLongestReason = 1000; // bytes

/// What a content policy knows an inline style or script by.
std::string source_hash(std::string_view text)
{
    Poco::SHA2Engine engine{Poco::SHA2Engine::SHA_256};
    engine.update(text.data(), text.size());
    auto const& digest = engine.digest();
    std::ostringstream base64;
    Poco::Base64Encoder encoder{base64};
    encoder.write(reinterpret_cast<char const*>(digest.data()), static_cast<std::streamsize>(digest.size()));
    encoder.close();
    return "'sha256-" + base64.str() + "'";
}

std::string head(std::string const& title)
{
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action "
           "'none'; style-src "
        + source_hash(report_style()) + "; script-src " + source_hash(report_script())
        + "\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\"><title>"
        + html(title) + "</title><style>" + std::string{report_style()} + "</style></head>\n";
}

std::string verdict_section(RunVerdict const& verdict, RunSnapshot const& run, RunEnd const& end)
{
    static constexpr std::array kClasses{"good", "unfinished", "bad"};
    auto section = std::string{"<header class=\"verdict "} + kClasses.at(static_cast<std::size_t>(verdict.grade))
        + "\"><h1>" + html(verdict.heading) + "</h1><p>Exit code <data value=\"" + std::to_string(end.exit_code)
        + "\"><strong>" + std::to_string(end.exit_code) + "</strong></data>: " + html(verdict.meaning) + ".</p><p>"
        + period_text(run.started, end.at) + "</p><h2>What to do next</h2><ul>";
    for (auto const& step : verdict.next) {
        section += "<li>" + step + "</li>";
    }
    return section + "</ul></header>\n";
}

std::string row(std::string const& name, std::string const& value, char const* style = "")
{
    return std::string{"<div"} + (*style != '\0' ? std::string{" class=\""} + style + "\"" : "") + "><dt>" + html(name)
        + "</dt><dd>" + value + "</dd></div>";
}

std::string row(std::string const& name, std::size_t number)
{
    return row(name, number_html(number));
}

std::string row_where_any(std::string const& name, std::size_t number)
{
    return number > 0 ? row(name, number) : "";
}

/// Stands out unless it is 0.
std::string bad_row(std::string const& name, std::size_t number)
{
    return row(name, number_html(number), number > 0 ? "bad" : "");
}

std::string group(char const* heading, std::string const& rows)
{
    return std::string{"<section class=\"card\"><h3>"} + heading + "</h3><dl class=\"numbers\">" + rows
        + "</dl></section>\n";
}

std::string time_text(Clock::Duration duration)
{
    return duration < std::chrono::seconds{10} ? seconds_text(duration) + " s" : duration_text(duration);
}

std::string numbers_section(Settings const& settings, RunSnapshot const& run)
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    auto const words = message_words(settings);
    auto const ceiling = static_cast<std::size_t>(std::lround(run.traffic.ceiling_per_minute));
    bool const limited = run.traffic.origin != calls::CeilingOrigin::none;
    return "<h2>In numbers</h2><div class=\"groups\">\n"
        + group("Conversations",
            row("in all", conversations.done() + conversations.not_reached())
                + row("processed", conversations.processed) + row_where_any("skipped", conversations.skipped)
                + row_where_any("not reached", conversations.not_reached()) + bad_row("failed", conversations.failed))
        + group("Messages",
            row(words.fresh.name, messages.fresh) + row(words.stored.name, messages.stored)
                + row("excluded", messages.excluded)
                + (messages.surplus > 0 ? bad_row("surplus", messages.surplus) : std::string{})
                + bad_row("failed", messages.failed))
        + group("Requests",
            row("to Freshchat", run.freshchat.sent) + row("throttled (429)", run.freshchat.throttled())
                + row("tried again", run.freshchat.retried + run.supabase.retried)
                + row("to Supabase", run.supabase.sent))
        + group("Pace",
            row("duration", time_text(run.elapsed)) + row("limited by", name_of(largest(run.waits)))
                + (limited ? row("ceiling", number_html(ceiling) + "/min, " + name_of(run.traffic.origin))
                            + row("ceiling used",
                                share_text(static_cast<std::size_t>(std::lround(run.traffic.used_ratio * 1000)), 1000))
                           : row("ceiling", "none met")))
        + "</div>\n";
}

std::string figure(Picture const& picture)
{
    auto text = "<figure class=\"card\"><figcaption><h3>" + html(picture.heading) + "</h3><p class=\"dim\">"
        + html(picture.caption) + "</p></figcaption>";
    if (picture.chart) {
        text += picture.sums.empty() ? "" : legend(picture.chart->series, picture.sums);
        text += column_svg(*picture.chart) + "<details><summary>The same as numbers</summary>"
            + column_table(*picture.chart) + "</details>";
    }
    return text + "</figure>\n";
}

std::string outcomes(Settings const& settings, RunSnapshot const& run)
{
    auto const& all = run.conversations;
    bool const verify = settings.command == Command::verify;
    std::vector<Share> shares;
    if (verify) {
        shares = {{"equal on both sides", Tone::fresh, all.equal},
            {"with a difference", Tone::stored, all.processed - all.equal}};
    } else {
        shares = {{settings.command == Command::run ? "with new messages" : "with messages to insert", Tone::fresh,
                      all.with_news},
            {"nothing new", Tone::stored, all.processed - all.with_news}};
    }
    if (all.skipped > 0) {
        shares.push_back({"skipped (MODE=missing)", Tone::quiet, all.skipped});
    }
    shares.push_back({"failed", Tone::bad, all.failed});
    if (all.not_reached() > 0) {
        shares.push_back({"not reached", Tone::quiet, all.not_reached()});
    }
    auto const total = all.done() + all.not_reached();
    return "<figure class=\"card\"><figcaption><h3>Outcome of conversations</h3><p class=\"dim\">"
        + (total > 0 ? grouped(total) + (total == 1 ? " conversation." : " conversations, by what became of them.")
                     : std::string{"There were no conversations."})
        + "</p></figcaption>" + (total > 0 ? shares_svg("outcomes", "Outcome of conversations", shares) : "")
        + "</figure>\n";
}

std::string pictures_section(Settings const& settings, RunFacts const& facts, RunSnapshot const& run)
{
    auto const history = facts.history();
    auto section = "<h2>The course of the run</h2><div class=\"pictures\">\n"
        + figure(messages_over_time(history, message_words(settings))) + outcomes(settings, run)
        + figure(messages_per_conversation(history)) + figure(requests_over_time(history, run.elapsed, run.traffic));
    for (auto const& picture : response_times(history)) {
        section += figure(picture);
    }
    return section + "</div>\n";
}

std::string counts_table(char const* heading, char const* head, Counts const& counts)
{
    if (counts.empty()) {
        return "";
    }
    auto table = std::string{"<div class=\"card\"><h3>"} + heading + "</h3><table><thead><tr><th scope=\"col\">" + head
        + "</th><th scope=\"col\" class=\"number\">Number</th></tr></thead><tbody>";
    for (auto const& [name, number] : counts) {
        table += "<tr><th scope=\"row\"><code>" + foreign_html(name) + "</code></th><td class=\"number\">"
            + number_html(number) + "</td></tr>";
    }
    return table + "</tbody></table></div>";
}

std::string counts_section(RunSnapshot const& run)
{
    return "<h2>Reasons and answers</h2><div class=\"columns\">"
        + counts_table("Conversations failed, by reason", "Reason", run.conversation_failures)
        + counts_table("Messages failed, by code", "Code", run.message_failures)
        + counts_table("Answers of Freshchat", "Status or fault", run.freshchat.by_outcome)
        + counts_table("Answers of Supabase", "Status or fault", run.supabase.by_outcome) + "</div>\n";
}

std::string failed_section(RunFacts const& facts, std::size_t all)
{
    std::string section = "<h2>Failed conversations</h2>";
    if (all == 0) {
        return section + "<p>None.</p>\n";
    }
    auto const kept = facts.failed_conversations();
    section += "<div class=\"card failed_card\"><p class=\"search\" hidden><label for=\"search\">Search</label><input "
               "id=\"search\" "
               "type=\"search\" autocomplete=\"off\"><span id=\"found\" class=\"dim\" role=\"status\"></span></p>"
               "<table class=\"failed\"><thead><tr><th scope=\"col\">Conversation</th><th scope=\"col\">Code</th>"
               "<th scope=\"col\">Reason</th></tr></thead><tbody>\n";
    for (auto const& failed : kept) {
        section += "<tr><td>" + foreign_html(failed.id) + "</td><td>" + html(code_of(failed.failure)) + "</td><td>"
            + foreign_html(failed.reason, kLongestReason) + "</td></tr>\n";
    }
    section += "</tbody></table>";
    if (all > kept.size()) {
        section += "<p class=\"dim\">The first " + grouped(kept.size()) + " of " + grouped(all) + ". The other "
            + number_html(all - kept.size()) + " are named in what the program wrote to stderr.</p>";
    }
    return section + "</div>\n";
}

std::string fact(char const* name, std::string const& value)
{
    return std::string{"<dt>"} + name + "</dt><dd>" + value + "</dd>";
}

std::string settings_section(Settings const& settings)
{
    auto const ms = [](std::chrono::milliseconds time) {
        return grouped(static_cast<std::size_t>(time.count())) + " ms";
    };
    auto pace = name_of(settings.pace);
    if (settings.pace == Pace::fixed) {
        pace += ": " + ms(settings.rate_limit_delay) + " after a conversation, " + ms(settings.page_delay)
            + " between pages, " + ms(settings.batch_delay) + " between batches";
    }
    auto section = "<h2>How it was run</h2><dl class=\"facts card\">"
        + fact("Program", "freshchat-backfill " + html(version())) + fact("Command", html(name_of(settings.command)))
        + fact("Mode", html(name_of(settings.mode))) + fact("Pace", pace)
        + fact("Fetchers", grouped(settings.concurrency))
        + fact("Conversations per batch", grouped(settings.batch_size))
        + fact("Freshchat", foreign_html(settings.freshchat.host))
        + fact("Supabase", foreign_html(settings.supabase.host))
        + fact("Tables", foreign_html(settings.conversation_table) + " → " + foreign_html(settings.messages.table));
    auto const& shard = settings.selection.shard;
    if (shard.count > 1) {
        section += fact("Part", grouped(shard.index) + " of " + grouped(shard.count) + ", counted from 0");
    }
    return section + "</dl>\n";
}

} // namespace

std::string report_page(Settings const& settings, RunFacts const& facts, RunEnd const& end)
{
    auto const run = facts.snapshot();
    auto const ended = verdict(settings, run, end);
    return head(std::string{command_words(settings).name} + ": " + ended.heading + ", " + moment_text(run.started))
        + "<body><main>\n<p class=\"kicker\">freshchat-backfill · " + html(command_words(settings).name) + " · "
        + foreign_html(settings.freshchat.host) + "</p>\n" + verdict_section(ended, run, end)
        + numbers_section(settings, run) + pictures_section(settings, facts, run)
        + failed_section(facts, run.conversations.failed) + counts_section(run) + settings_section(settings)
        + "<footer class=\"dim\">Days are in UTC. This page loads nothing and holds no text of a message.</footer>\n"
          "</main><script>"
        + std::string{report_script()} + "</script></body></html>\n";
}

} // namespace backfill::app
