#pragma once

#include "app/settings/notices.hpp"
#include "app/settings/updated_since.hpp"
#include "app/settings/values.hpp"
#include "backfill/calls/quota.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"
#include "backfill/rows/clean.hpp"
#include "backfill/supabase/message_table.hpp"
#include "backfill/supabase/work_list.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace backfill::app {

/// Every setting as a typed, checked value, read once and not written again. Units are in the types. The defaults that
/// users see are in setting_specs().
struct Settings {
    Command command = Command::run;

    http::Endpoint freshchat; ///< its path ends in /v2
    Secret freshchat_token;
    http::TransportOptions freshchat_transport;

    http::Endpoint supabase;                      ///< its path ends in /rest/v1
    Secret supabase_key;                          ///< may be missing where Supabase is not asked
    std::string supabase_key_origin;              ///< the variable or file that it comes from
    std::vector<std::string> supabase_key_others; ///< further variables of keys that are set, and not used
    std::string supabase_key_role;                ///< of a key that row-level security binds; else empty
    std::string
        supabase_key_advice; ///< where a key with full access belongs or is; empty = it is used, or nothing known
    http::TransportOptions supabase_transport;

    std::size_t batch_size = 1;
    std::chrono::milliseconds rate_limit_delay{};
    std::chrono::milliseconds batch_delay{};
    std::chrono::milliseconds page_delay{};
    std::size_t concurrency = 1;   ///< conversations fetched at once, at the beginning
    std::size_t most_fetchers = 0; ///< if more: as many as Pace::adaptive needs, up to this
    Pace pace = Pace::fixed;
    calls::QuotaOptions quota; ///< for Pace::adaptive; the delays are 0 then
    Mode mode = Mode::full;
    std::optional<std::chrono::milliseconds> max_duration;
    std::string state_file;   ///< empty = none
    bool repair = false;      ///< verify: store what is missing
    std::string rejects_file; ///< empty = none
    bool rejects_with_rows = false;
    bool verbose = false;
    bool json = false;                              ///< status, doctor: JSON in place of text
    bool list = false;                              ///< status: name the conversations without messages
    std::optional<std::chrono::milliseconds> watch; ///< status: repeat at this interval

    LogFormat log_format = LogFormat::text;
    ProgressStyle progress = ProgressStyle::automatic;
    std::chrono::milliseconds progress_interval{1000};
    std::string summary_file;                  ///< empty = none
    std::string metrics_file;                  ///< empty = none
    std::optional<http::Endpoint> pushgateway; ///< its path names a job
    http::TransportOptions pushgateway_transport;
    std::string report_file;       ///< empty = none
    std::string markdown_file;     ///< empty = none
    bool markdown_appends = false; ///< to what that file holds
    NoticeSettings notices;
    bool notify_test = false; ///< doctor: send a test message

    supabase::Selection selection; ///< as far as the settings tell
    std::optional<UpdatedSince> updated_since;
    std::string change_column; ///< the updated_time of CONVERSATION_COLUMNS, even where UPDATED_SINCE asks for none;
                               ///< empty = its own name
    OnNotFound on_not_found = OnNotFound::fail;
    supabase::ConversationTable conversations;
    std::string schema; ///< of both tables; empty = the first that is exposed
    supabase::MessageTableLayout messages;
    rows::CleanRules clean_rules;
    OtherParts other_parts = OtherParts::none;

    std::vector<std::string> warnings; ///< for stderr, once

    bool asks_supabase() const { return command != Command::schema; }
    bool asks_freshchat() const { return asks_supabase() && command != Command::status; }

    /// Whether Freshchat's messages go to the table.
    bool writes() const { return command == Command::run || (command == Command::verify && repair); }
    bool only_compares() const { return command == Command::verify && !repair; }
};

std::size_t writer_count(Settings const& settings);

/// How long a chunk that is not full waits for more rows.
std::chrono::milliseconds linger(Settings const& settings);

/// Every setting checked and typed, as the command sees it. Throws UsageError with a line for each that is wrong or
/// missing.
Settings typed_settings(Command command, SettingValues const& values);

} // namespace backfill::app
