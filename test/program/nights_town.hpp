#pragma once

#include "program/tables.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"

#include <cstddef>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace backfill::test {

/// An account that goes on while nobody looks, its table with it, and a run every night. A day passes by making all
/// that is known older: no clock is touched.
class Town {
public:
    static constexpr auto kText = "Where is my parcel?";

    explicit Town(std::size_t size)
    {
        for (std::size_t i = 0; i < size; ++i) {
            ids.push_back("c" + std::to_string(100 + i));
            held_[ids.back()] = {};
        }
        store_only(ids);
        for (auto const& id : ids) {
            add(id, 2);
        }
        simulator.hold(held_);
        psql("update \"Conversation\" set status = 'open', updated_time = now() - interval '40 days'");
    }

    /// New messages at Freshchat; the table says so, as a fetcher would.
    void change(std::string const& id, std::string const& hours_ago = "0")
    {
        write(id, 1);
        touch(id, hours_ago);
    }

    /// A new conversation, the last of `ids`.
    void open(std::string const& hours_ago)
    {
        ids.push_back("c" + std::to_string(100 + ids.size()));
        psql("insert into \"Conversation\" (id, created_time, status) values ('" + ids.back() + "', now(), 'open')");
        change(ids.back(), hours_ago);
    }

    static void touch(std::string const& id, std::string const& hours_ago = "0")
    {
        psql("update \"Conversation\" set updated_time = now() - interval '" + hours_ago + " hours' where id = '" + id
            + "'");
    }

    void write(std::string const& id, int count)
    {
        add(id, count);
        simulator.hold(held_);
    }

    Ended run(std::vector<std::string> const& more = {}, Environment const& changes = {})
    {
        simulator.clear_requests();
        auto arguments = night;
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_program(arguments, with(settings(), changes));
    }

    Environment settings() const { return with(settings_for(simulator), {{"STATE_FILE", state.path()}}); }

    /// Conversations that the last command asked for, each once.
    std::set<std::string> asked() const
    {
        std::set<std::string> found;
        for (auto const& request : simulator.requests()) {
            found.insert(request.conversation);
        }
        return found;
    }

    std::string mark() const
    {
        std::smatch found;
        auto const text = content_of(state.path());
        return std::regex_search(text, found, std::regex{"\"mark\": \"([^\"]*)\""}) ? found[1].str() : "";
    }

    void set_mark(std::string const& shift) const
    {
        auto const moved = psql("select to_char((timestamptz '" + mark() + "' + interval '" + shift
            + "') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')");
        auto text = content_of(state.path());
        text.replace(text.find(mark()), mark().size(), moved);
        std::ofstream{state.path()} << text;
    }

    void a_day_passes() const
    {
        psql("update \"Conversation\" set updated_time = updated_time - interval '1 day'");
        set_mark("-1 day");
    }

    std::set<std::string> owed() const
    {
        std::smatch found;
        auto const text = content_of(state.path());
        std::set<std::string> ids_owed;
        if (std::regex_search(text, found, std::regex{"\"owed\": \\[([^\\]]*)\\]"})) {
            auto list = found[1].str();
            for (std::smatch id; std::regex_search(list, id, std::regex{"\"([^\"]*)\""}); list = id.suffix()) {
                ids_owed.insert(id[1]);
            }
        }
        return ids_owed;
    }

    /// Of the messages at Freshchat, those that the table lacks, and those that it has beyond them.
    std::string differences() const
    {
        std::set<std::string> truth;
        for (auto const& [id, messages] : held_) {
            for (std::size_t i = 0; i < messages.size(); ++i) {
                truth.insert(id + "-" + std::to_string(i));
            }
        }
        auto const rows = lines_of(psql("select id from \"Message\""));
        std::set<std::string> const stored{rows.begin(), rows.end()};
        std::string all;
        for (auto const& id : truth) {
            all += stored.contains(id) ? "" : "-" + id + " ";
        }
        for (auto const& id : stored) {
            all += truth.contains(id) || id.empty() ? "" : "+" + id + " ";
        }
        return all;
    }

    std::vector<std::string> ids;
    std::vector<std::string> night{"run", "--mode=incremental", "--updated-since=last-run"};
    Simulator simulator{Conversations{}};
    ScratchFile const state{"{\"version\":1}"};

private:
    void add(std::string const& id, int count)
    {
        auto& messages = held_[id];
        for (int i = 0; i < count; ++i) {
            auto const message = id + "-" + std::to_string(messages.size());
            messages.insert(messages.begin(), message_json(message, kText, static_cast<int>(messages.size())));
        }
    }

    Conversations held_;
};

} // namespace backfill::test
