#include "app/status/status.hpp"

#include "app/connections/connections.hpp"
#include "app/log/call_log.hpp"
#include "app/log/events.hpp"
#include "app/status/status_text.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/timestamp.hpp"
#include "backfill/supabase/table_facts.hpp"

#include <chrono>

namespace backfill::app {
namespace {

constexpr auto kClearScreen = "\x1B[H\x1B[2J";

class Status {
public:
    Status(Settings const& settings, Connections const& connections, Clock& clock, Log const& log, Screen const& screen)
        : settings_{settings},
          clock_{clock},
          log_{log},
          screen_{screen},
          key_{settings.supabase_key},
          gate_{clock},
          call_log_{log},
          link_{connections.supabase(), gate_, key_, clock, call_log_}
    {
    }

    void run(std::stop_token const& stop)
    {
        for (auto const& warning : settings_.warnings) {
            warn(warning);
        }
        if (auto const warning = check_key(key_, settings_); !warning.empty()) {
            warn(warning);
        }
        print(stop);
        while (settings_.watch && !screen_.is_gone()) {
            if (!clock_.sleep_until(clock_.now() + *settings_.watch, stop)) {
                throw Stopped{};
            }
            print_again(stop);
        }
    }

private:
    void print(std::stop_token const& stop)
    {
        auto const listing = settings_.list ? supabase::Listing::ids : supabase::Listing::counts;
        auto const time = timestamp_text(std::chrono::system_clock::now());
        auto const facts = supabase::read_table_facts(
            link_.postgrest, settings_.conversation_table, settings_.messages, listing, stop);
        if (facts.conversations == 0) {
            expect_full_sight(key_, settings_);
        }
        if (settings_.json) {
            log_.out(text_event(status_json(facts, settings_, time)));
            return;
        }
        auto const before = screen_.rewrites && settings_.watch ? kClearScreen : printed_ ? "\n" : "";
        log_.out(text_event(before + status_text(facts, settings_, time)));
        printed_ = true;
    }

    /// Whoever watches a project that is down wants to see it come back, so a BatchError does not end the watch.
    void print_again(std::stop_token const& stop)
    {
        try {
            print(stop);
        } catch (BatchError const& error) {
            warn(std::string{error.what()} + ". The next look follows.");
        }
    }

    void warn(std::string const& what) const { log_.note(warning_event(what)); }

    Settings const& settings_;
    Clock& clock_;
    Log const& log_;
    Screen const& screen_;
    supabase::ApiKey key_;
    calls::RateGate gate_;
    CallLog call_log_;
    SupabaseLink link_;
    bool printed_ = false;
};

} // namespace

Ending show_status(Settings const& settings, Connections const& connections, Clock& clock, Log const& log,
    Screen const& screen, std::stop_token const& stop)
{
    auto const fatal = [&log](std::string const& what) {
        log.note(fatal_event(what));
        return Ending::fatal;
    };
    try {
        Status{settings, connections, clock, log, screen}.run(stop);
        return Ending::complete;
    } catch (Stopped const&) {
        return Ending::stopped;
    } catch (BatchError const& error) {
        return fatal(std::string{error.what()} + ". Check SUPABASE_URL and that the project is up.");
    } catch (std::exception const& error) {
        return fatal(error.what());
    }
}

} // namespace backfill::app
