#include "app/status/status.hpp"

#include "app/log/call_log.hpp"
#include "app/log/events.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/supabase/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>

namespace backfill::app {
namespace {

constexpr auto* kClearScreen = "\x1B[H\x1B[2J";

std::string size_text(std::optional<supabase::ConversationSize> const& size)
{
    return size ? fmt::format("{} message{}, {}", size->messages, size->messages == 1 ? "" : "s", printable(size->id))
                : "none";
}

std::string time_text(std::string const& time)
{
    return time.empty() ? "none" : printable(time);
}

void add_text(JsonWriter& json, std::string_view key, std::string const& text)
{
    json.key(key);
    if (text.empty()) {
        json.literal("null");
    } else {
        json.value(text);
    }
}

void add_size(JsonWriter& json, std::string_view key, std::optional<supabase::ConversationSize> const& size)
{
    json.key(key);
    if (!size) {
        json.literal("null");
        return;
    }
    json.begin('{');
    json.member("conversation", size->id);
    json.member("messages", size->messages);
    json.end('}');
}

/// What the tables hold now.
std::string look(
    Settings const& settings, supabase::ApiKey const& key, supabase::Postgrest& postgrest, std::stop_token const& stop)
{
    auto const listing = settings.list ? supabase::Listing::ids : supabase::Listing::counts;
    auto const time = timestamp_text(std::chrono::system_clock::now());
    auto const facts = supabase::read_table_facts(postgrest, settings.conversations, settings.messages, listing, stop);
    if (facts.conversations == 0) {
        expect_full_sight(key, settings);
    }
    return settings.json ? status_json(facts, settings, time) : status_text(facts, settings, time);
}

} // namespace

std::string status_text(supabase::TableFacts const& facts, Settings const& settings, std::string const& time)
{
    auto text = fmt::format(R"(=== Status at {} ===
Messages:                  {}
Conversations:             {}
  with messages:           {}
  without messages:        {}
Oldest message:            {}
Newest message:            {}
Smallest conversation:     {}
Largest conversation:      {})",
        time, facts.messages, facts.conversations, facts.conversations - facts.conversations_without_messages,
        facts.conversations_without_messages, time_text(facts.oldest), time_text(facts.newest),
        size_text(facts.smallest), size_text(facts.largest));
    if (settings.list) {
        text += "\n\nConversations without messages:";
        for (auto const& id : facts.without_messages) {
            text += "\n" + printable(id);
        }
    }
    return text;
}

std::string status_json(supabase::TableFacts const& facts, Settings const& settings, std::string const& time)
{
    std::string text;
    JsonWriter json{text};
    json.begin('{');
    json.member("time", time);
    json.member("messages", facts.messages);
    json.member("conversations", facts.conversations);
    json.member("conversations_with_messages", facts.conversations - facts.conversations_without_messages);
    json.member("conversations_without_messages", facts.conversations_without_messages);
    add_text(json, "oldest", facts.oldest);
    add_text(json, "newest", facts.newest);
    add_size(json, "smallest", facts.smallest);
    add_size(json, "largest", facts.largest);
    if (settings.list) {
        json.key("without_messages");
        json.begin('[');
        for (auto const& id : facts.without_messages) {
            json.value(id);
        }
        json.end(']');
    }
    json.end('}');
    return text;
}

Ending show_status(Settings const& settings, Connections const& connections, Clock& clock, Log const& log,
    Screen const& screen, std::stop_token const& stop)
{
    auto const warn = [&log](std::string const& what) { log.note(warning_event(what)); };
    auto const fatal = [&log](std::string const& what) {
        log.note(fatal_event(what));
        return Ending::fatal;
    };
    try {
        supabase::ApiKey const key{settings.supabase_key};
        calls::RateGate gate{clock};
        CallLog call_log{log};
        SupabaseLink link{connections.supabase(), settings, gate, key, clock, call_log};
        auto const print = [&](std::string const& between) {
            auto const before = settings.json ? "" : screen.rewrites && settings.watch ? kClearScreen : between;
            log.out(text_event(before + look(settings, key, link.postgrest, stop)));
        };
        std::ranges::for_each(settings.warnings, warn);
        if (auto const warning = check_key(key, settings); !warning.empty()) {
            warn(warning);
        }
        supabase::prove_filters(link.postgrest, settings.conversations, stop);
        print("");
        while (settings.watch && !screen.is_gone()) {
            if (!clock.sleep_until(clock.now() + *settings.watch, stop)) {
                return Ending::stopped;
            }
            try {
                print("\n");
            } catch (Stopped const&) {
                throw;
            } catch (std::exception const& error) { // whoever watches a project that is down wants to see it come back
                std::string_view what{error.what()};
                what.remove_suffix(what.ends_with('.') ? 1 : 0);
                warn(fmt::format("{}. The next look follows.", what));
            }
        }
        return Ending::complete;
    } catch (Stopped const&) {
        return Ending::stopped;
    } catch (BatchError const& error) {
        return fatal(fmt::format("{}. {}", error.what(), error.advice()));
    } catch (std::exception const& error) {
        return fatal(error.what());
    }
}

} // namespace backfill::app
