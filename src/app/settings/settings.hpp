#pragma once

#include "backfill/calls/quota.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"
#include "backfill/rows/clean.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

enum class Command {
    run,
    dry_run,
    verify, ///< compares the ids of both sides, conversation by conversation
    config, ///< shows the settings; sends nothing
    status, ///< counts what the tables hold
    doctor, ///< checks settings and both sides
};
enum class OnNotFound { fail, ignore };
enum class Pace { fixed, adaptive };

enum class LogFormat { text, json };
enum class ProgressStyle {
    automatic, ///< a rewritten line on a terminal, else plain lines
    plain,
    none,
};

/// Which Freshchat calls a run may spare.
enum class Mode {
    full,        ///< none: every page of every conversation
    incremental, ///< a walk ends at a page with a stored message on which every other one is stored or excluded
    missing,     ///< conversations with a stored message are skipped
};

/// Every knob as a typed, checked value. Units are in the types.
struct Settings {
    Command command = Command::run;

    http::Endpoint freshchat; ///< its path ends in /v2
    Secret freshchat_token;
    http::TransportOptions freshchat_transport;

    http::Endpoint supabase; ///< its path ends in /rest/v1
    Secret supabase_key;
    http::TransportOptions supabase_transport;

    std::size_t batch_size = 50;
    std::chrono::milliseconds rate_limit_delay{1000};
    std::chrono::milliseconds batch_delay{5000};
    std::chrono::milliseconds page_delay{500};
    std::size_t concurrency = 1;
    Pace pace = Pace::fixed;
    calls::QuotaOptions quota; ///< for Pace::adaptive; the delays are 0 then
    Mode mode = Mode::full;
    std::optional<std::chrono::milliseconds> max_duration;
    std::string state_file;   ///< empty = none
    bool repair = false;      ///< verify: stores what is missing
    std::string rejects_file; ///< empty = none
    bool rejects_with_rows = false;
    bool verbose = false;
    bool json = false;                         ///< status, doctor: JSON in place of text
    bool list = false;                         ///< status: names the conversations without messages
    std::optional<std::chrono::seconds> watch; ///< status: again and again, after this time

    LogFormat log_format = LogFormat::text;
    ProgressStyle progress = ProgressStyle::automatic;
    std::chrono::milliseconds progress_interval{30'000};
    std::string summary_file;                  ///< empty = none
    std::string metrics_file;                  ///< empty = none
    std::optional<http::Endpoint> pushgateway; ///< its path names a job
    http::TransportOptions pushgateway_transport;
    std::string report_file; ///< empty = none

    supabase::Selection selection;
    std::size_t failed_before = 0; ///< conversations, in the parts of this pass that earlier runs did
    OnNotFound on_not_found = OnNotFound::fail;
    std::string conversation_table;
    supabase::MessageTableLayout messages;
    rows::CleanRules clean_rules;

    std::vector<std::string> warnings; ///< for stderr, once

    bool asks_freshchat() const { return command != Command::status; }

    /// Whether Freshchat's messages go to the table.
    bool writes() const { return command == Command::run || (command == Command::verify && repair); }
    bool only_compares() const { return command == Command::verify && !repair; }
};

/// Where settings come from beside the command line.
struct SettingSources {
    std::function<std::optional<std::string>(std::string const& name)> variable; ///< the environment
    std::function<std::optional<std::string>(std::string const& path)>
        read_file; ///< "-" is standard input; nothing = unreadable
    std::function<bool(std::string const& path)> others_can_read = [](std::string const& /*path*/) {
        return false;
    }; ///< a file that holds a secret
};

class SettingValues;

/// Every setting checked and typed, as the command sees it. Throws UsageError for the first that is wrong or missing.
Settings typed_settings(Command command, SettingValues const& values, SettingSources const& sources);

} // namespace backfill::app
