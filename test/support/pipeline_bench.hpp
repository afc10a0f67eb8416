#pragma once

#include "support/fake_supabase.hpp"
#include "support/instant_clock.hpp"
#include "support/scripted_transport.hpp"

#include "app/log/run_log.hpp"
#include "app/pipeline/pipeline.hpp"
#include "app/settings/settings.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::test {

/// A page without a link, with messages of these ids.
http::Reply messages_page(std::vector<std::string> const& ids);

/// The whole pipeline between two sides that live in memory: no socket, no waiting. Supabase is the fake that
/// the contract tests hold to the real one.
class PipelineBench {
public:
    PipelineBench();

    void add_conversations(std::size_t count, std::size_t messages_each); ///< c1, c2, … with c1-m0, c1-m1, …
    void conversation_pages(
        std::string const& id, std::size_t pages); ///< serves its messages in so many pages, with links
    void freshchat_answer(std::string const& id, http::Outcome answer);         ///< in place of its messages
    void repeat_conversation(std::string const& id, std::string const& before); ///< adds it to the list once more
    void store(std::string const& conversation, std::string const& message);
    void break_at_random(unsigned seed); ///< some conversations and upserts fail, some for good

    app::Ending run();

    /// In place of a run: a report that may be told anything, and one of so many conversations, c0, c1, …, that all
    /// failed.
    void begin() { begin(silent); }
    void report_failures(std::size_t count);

    int exit_code() const; ///< of a run that was not stopped

    std::size_t stored_count() { return rows().size(); }
    std::size_t posts() const;
    std::size_t posts_with_rows() const { return upserts_; }
    std::size_t freshchat_calls() const { return freshchat_.request_count(); }
    bool newest_stored_before_oldest_missing();

    bool printed(std::string_view line) const;
    bool noted(std::string_view line) const;
    long count_lines(std::string_view part) const;
    long count_notes(std::string_view part) const;
    std::map<std::string, long> summary() const;
    long not_reached() const;

    app::Settings settings;
    app::LastRun last_run;
    bool verbose = false;
    app::RejectsSink* rejects = nullptr;
    InstantClock clock;
    std::stop_source stop;
    std::stop_source hard_stop;
    std::vector<std::string> out;
    std::vector<std::string> notes;
    std::vector<Event> events; ///< of both
    Log silent{[](Event const&) {}, [](Event const&) {}, false};
    std::unique_ptr<app::RunFacts> facts;
    std::unique_ptr<app::RunLog> report;                  ///< tells `facts`
    std::function<void(http::Request const&)> on_request; ///< of either side, before its answer
    std::function<std::optional<http::Reply>(std::size_t number)>
        upsert_answer; ///< by the number of the POST with rows

    std::function<std::optional<http::Reply>()> look_up_answer; ///< in place of the stored ids of a batch

    /// How many conversations the number-th count tells of that are not in the list.
    std::function<std::size_t(std::size_t number)> miscount = [](std::size_t) { return 0; };

private:
    void begin(Log const& log);
    http::Outcome freshchat(http::Request const& request);
    http::Outcome supabase(http::Request const& request);
    void tamper(std::string const& target, http::Reply& answer); ///< what repeat_conversation() and miscount say
    std::map<std::string, Record>& rows() { return in_memory_.tables().at("Message").rows; }

    std::mutex lines_;
    std::map<std::string, std::vector<std::string>> messages_; ///< newest first
    std::map<std::string, std::size_t> pages_;
    std::map<std::string, http::Outcome> answers_;
    std::vector<std::pair<std::string, std::string>> repeated_; ///< and before which one
    FakeSupabase in_memory_;
    std::size_t upserts_ = 0;
    std::size_t counts_ = 0;
    Script freshchat_;
    Script supabase_;
};

} // namespace backfill::test
