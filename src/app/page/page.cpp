#include "app/page/page.hpp"

#include "app/log/number_text.hpp"
#include "app/log/words.hpp"
#include "app/page/html_text.hpp"
#include "app/page/page_parts.hpp"
#include "app/page/pictures.hpp"
#include "app/page/verdict.hpp"

#include "backfill/core/version.hpp"

#include <Poco/Base64Encoder.h>
#include <Poco/SHA2Engine.h>
#include <fmt/format.h>

#include <sstream>

namespace backfill::app {
namespace {

constexpr std::size_t kLongestReason = 1000; // bytes

/// How a content policy names an inline style or script.
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

std::string fact(std::string_view name, std::string_view value)
{
    return fmt::format("<dt>{}</dt><dd>{}</dd>", html(name), value);
}

std::string row(std::string_view name, std::string_view value)
{
    return "<div>" + fact(name, value) + "</div>";
}

std::string row(std::string_view name, std::size_t number)
{
    return row(name, number_html(number));
}

std::string row_where_any(std::string_view name, std::size_t number)
{
    return number > 0 ? row(name, number) : "";
}

/// Stands out unless it is 0.
std::string bad_row(std::string_view name, std::size_t number)
{
    return number > 0 ? R"(<div class="bad">)" + fact(name, number_html(number)) + "</div>" : row(name, number);
}

std::string group(std::string_view heading, std::initializer_list<std::string> rows)
{
    return fmt::format(R"(<section class="card"><h3>{}</h3><dl class="numbers">{}</dl></section>)"
                       "\n",
        heading, fmt::join(rows, ""));
}

std::string time_text(Clock::Duration duration)
{
    return duration < std::chrono::seconds{10} ? seconds_text(duration) + " s" : duration_text(duration);
}

std::string numbers(Settings const& settings, RunSnapshot const& run)
{
    auto const& conversations = run.conversations;
    auto const& messages = run.messages;
    auto const& traffic = run.traffic;
    auto const words = message_words(settings);
    bool const limited = traffic.origin != calls::CeilingOrigin::none;
    auto const ceiling = number_html(rounded(traffic.ceiling_per_minute)) + "/min, " + name_of(traffic.origin);
    return group("Conversations",
               {row("in all", conversations.done() + conversations.not_reached()),
                   row("processed", conversations.processed), row_where_any("skipped", conversations.skipped),
                   row_where_any("not reached", conversations.not_reached()), bad_row("failed", conversations.failed)})
        + group("Messages",
            {row(words.fresh.name, messages.fresh), row(words.stored.name, messages.stored),
                row("excluded", messages.excluded), messages.surplus > 0 ? bad_row("surplus", messages.surplus) : "",
                bad_row("failed", messages.failed)})
        + group("Requests",
            {row("to Freshchat", run.freshchat.sent), row("throttled (429)", run.freshchat.throttled()),
                row("tried again", run.freshchat.retried + run.supabase.retried),
                row("to Supabase", run.supabase.sent)})
        + group("Pace",
            {row("duration", time_text(run.elapsed)), row("limited by", run.waits.longest()),
                row("ceiling", limited ? ceiling : "none met"),
                limited ? row("ceiling used", share_text(rounded(traffic.used_ratio * 1000), 1000)) : ""});
}

std::string outcomes(Settings const& settings, RunSnapshot const& run)
{
    auto const& all = run.conversations;
    auto const total = all.done() + all.not_reached();
    std::string const heading = "Outcome of conversations";
    if (total == 0) {
        return figure_html(heading, "There were no conversations.", "");
    }
    std::vector<Share> shares;
    if (settings.command == Command::verify) {
        shares = {{"equal on both sides", Tone::kFresh, all.equal},
            {"with a difference", Tone::kStored, all.processed - all.equal}};
    } else {
        shares = {{settings.command == Command::run ? "with new messages" : "with messages to insert", Tone::kFresh,
                      all.with_news},
            {"nothing new", Tone::kStored, all.processed - all.with_news}};
    }
    shares.insert(shares.end(),
        {{"skipped (MODE=missing)", Tone::kQuiet, all.skipped}, {"failed", Tone::kBad, all.failed},
            {"not reached", Tone::kQuiet, all.not_reached()}});
    std::erase_if(shares, [](Share const& share) { return share.tone == Tone::kQuiet && share.count == 0; });
    return figure_html(heading, counted(total, "conversation.", "conversations, by what became of them."),
        shares_svg("outcomes", heading, shares));
}

std::string pictures(Settings const& settings, RunHistory const& history, RunSnapshot const& run)
{
    auto all = figure_html(messages_over_time(history, message_words(settings))) + outcomes(settings, run)
        + figure_html(messages_per_conversation(history))
        + figure_html(requests_over_time(history, run.elapsed, run.traffic));
    for (auto const& picture : response_times(history)) {
        all += figure_html(picture);
    }
    return all;
}

std::string failed(RunFacts const& facts, std::size_t all)
{
    if (all == 0) {
        return "<p>None.</p>";
    }
    auto const kept = facts.failed_conversations();
    std::string rows;
    for (auto const& [id, failure, reason, by_stop] : kept) {
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n", foreign_html(id), html(code_of(failure)),
            foreign_html(reason, kLongestReason));
    }
    auto const rest = all == kept.size()
        ? ""
        : fmt::format(
            R"(<p class="dim">The first {} of {}. The other {} are named in what the program wrote to stderr.</p>)",
            grouped(kept.size()), grouped(all), number_html(all - kept.size()));
    return fmt::format(
        R"(<div class="card failed_card"><p class="search" hidden><label for="search">Search</label>)"
        R"(<input id="search" type="search" autocomplete="off"><span id="found" class="dim" role="status"></span></p>)"
        R"(<table class="failed"><thead><tr><th scope="col">Conversation</th><th scope="col">Code</th>)"
        R"(<th scope="col">Reason</th></tr></thead><tbody>{}</tbody></table>{}</div>)",
        rows, rest);
}

std::string counts_table(std::string_view heading, std::string_view head, Counts const& counts)
{
    if (counts.empty()) {
        return "";
    }
    std::string rows;
    for (auto const& [name, number] : counts) {
        rows += fmt::format(R"(<tr><th scope="row"><code>{}</code></th><td class="number">{}</td></tr>)",
            foreign_html(name), number_html(number));
    }
    return fmt::format(R"(<div class="card"><h3>{}</h3><table><thead><tr><th scope="col">{}</th>)"
                       R"(<th scope="col" class="number">Number</th></tr></thead><tbody>{}</tbody></table></div>)",
        heading, head, rows);
}

std::string counts(RunSnapshot const& run)
{
    return counts_table("Conversations failed, by reason", "Reason", run.conversation_failures)
        + counts_table("Messages failed, by code", "Code", run.message_failures)
        + counts_table("Answers of Freshchat", "Status or fault", run.freshchat.by_outcome)
        + counts_table("Answers of Supabase", "Status or fault", run.supabase.by_outcome);
}

std::string settings_facts(Settings const& settings)
{
    auto const ms = [](std::chrono::milliseconds time) {
        return grouped(static_cast<std::size_t>(time.count())) + " ms";
    };
    auto const& shard = settings.selection.shard;
    auto const pace = settings.pace == Pace::fixed
        ? fmt::format("{}: {} after a conversation, {} between pages, {} between batches", name_of(settings.pace),
            ms(settings.rate_limit_delay), ms(settings.page_delay), ms(settings.batch_delay))
        : name_of(settings.pace);
    auto const fetchers = grouped(settings.concurrency)
        + (settings.most_fetchers > settings.concurrency ? " to " + grouped(settings.most_fetchers) : "");
    return fact("Program", "freshchat-backfill " + html(version())) + fact("Command", name_of(settings.command))
        + fact("Mode", name_of(settings.mode)) + fact("Pace", pace) + fact("Fetchers", fetchers)
        + fact("Conversations per batch", grouped(settings.batch_size))
        + fact("Freshchat", foreign_html(settings.freshchat.host))
        + fact("Supabase", foreign_html(settings.supabase.host))
        + fact("Tables", foreign_html(settings.conversations.name) + " → " + foreign_html(settings.messages.table))
        + (shard.count > 1 ? fact("Part", fmt::format("{} of {}, counted from 0", shard.index, shard.count)) : "");
}

} // namespace

std::string report_page(Settings const& settings, RunFacts const& facts, RunEnd const& end)
{
    using fmt::arg;
    auto const run = facts.snapshot();
    auto const ended = verdict(settings, run, end);
    return fmt::format(fmt::runtime(page_frame()), arg("style_hash", source_hash(page_style())),
        arg("script_hash", source_hash(page_script())), arg("style", page_style()), arg("script", page_script()),
        arg("command", command_words(settings).name), arg("freshchat", foreign_html(settings.freshchat.host)),
        arg("grade", ended.grade), arg("heading", html(ended.heading)), arg("meaning", html(ended.meaning)),
        arg("exit_code", end.exit_code), arg("started", moment_text(run.started)),
        arg("period", period_text(run.started, end.at)),
        arg("next", fmt::format("<li>{}</li>", fmt::join(ended.next, "</li><li>"))),
        arg("numbers", numbers(settings, run)), arg("pictures", pictures(settings, facts.history(), run)),
        arg("failed", failed(facts, run.conversations.failed)), arg("counts", counts(run)),
        arg("settings", settings_facts(settings)));
}

} // namespace backfill::app
