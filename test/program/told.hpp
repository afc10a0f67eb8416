#pragma once

#include "program/tables.hpp"
#include "support/hostile_server.hpp"
#include "support/leak_search.hpp"
#include "support/page_reader.hpp"
#include "support/program_run.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

namespace backfill::test {

inline constexpr auto kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
inline constexpr auto kToken = "token-of-the-notify-test-5c1e";

/// The server of a health check and a webhook, whose URLs hold kToken.
struct Receivers {
    explicit Receivers(HostileServer::Script const& script = always(kOk))
        : server{script, HostileServer::Family::ipv4, std::chrono::seconds{0}}
    {
    }

    std::string base() const { return "http://127.0.0.1:" + std::to_string(server.port()); }
    Environment urls() const
    {
        return {{"HEALTHCHECK_URL", base() + "/ping/" + kToken + "?create=1"},
            {"NOTIFY_URL", base() + "/hook/" + kToken + "/?key=k"}};
    }

    /// What follows is of the requests since then.
    void forget() { forgotten_ = std::ssize(server.requests()); }

    std::vector<std::string> requests() const
    {
        auto const all = server.requests();
        return {all.begin() + forgotten_, all.end()};
    }

    /// The bodies of the requests to this target, each behind the one before.
    std::string sent_to(std::string const& target) const
    {
        std::string bodies;
        for (auto const& request : requests()) {
            if (request.starts_with("POST " + target + " HTTP/1.1\r\n")) {
                bodies += request.substr(request.find("\r\n\r\n") + 4);
            }
        }
        return bodies;
    }

    std::string sent_to_check(std::string const& suffix) const
    {
        return sent_to("/ping/" + std::string{kToken} + suffix + "?create=1");
    }
    std::string sent_to_hook() const { return sent_to("/hook/" + std::string{kToken} + "/?key=k"); }

    /// Which suffixes the health check was told, in their order.
    std::string suffixes() const
    {
        std::string all;
        for (auto const& request : requests()) {
            auto const begin = request.find(kToken);
            auto const end = request.find("?create=1");
            if (request.starts_with("POST /ping/") && end != std::string::npos) {
                all +=
                    request.substr(begin + std::string{kToken}.size(), end - begin - std::string{kToken}.size()) + ";";
            }
        }
        return all;
    }

    /// They were sent none of `forbidden`, no key, and no URL; the run's own output has no URL, either.
    void expect_discretion(
        Ended const& ended, Environment const& settings, std::vector<std::string> const& forbidden) const
    {
        std::string sent;
        for (auto const& request : requests()) {
            auto const line_end = request.find("\r\n"); // the URLs are secrets that their servers know
            sent += request.substr(line_end);
        }
        for (auto const& word : forbidden) {
            CHECK(sent.find(word) == std::string::npos);
        }
        for (auto const* name : {"FRESHCHAT_TOKEN", "SUPABASE_SERVICE_ROLE_KEY"}) {
            CHECK_FALSE(holds_secret(sent, settings.at(name)));
        }
        CHECK((ended.out + ended.err).find(kToken) == std::string::npos);
        CHECK(sent.find(kToken) == std::string::npos);
    }

    HostileServer server;

private:
    std::ptrdiff_t forgotten_ = 0;
};

/// A run of two conversations that is told to both.
struct Told : Receivers {
    explicit Told(Fault const& fault = {.times = 0}, HostileServer::Script const& script = always(kOk))
        : Receivers{script},
          simulator{Conversations{{"conv-c1", messages("mess-a", 2)}, {"conv-c2", messages("mess-b", 3)}},
              {.faults = {fault}}},
          settings{with(settings_for(simulator), urls())}
    {
        store_only({"conv-c1", "conv-c2"});
    }

    /// Neither keys nor the ids and texts of conversations and messages.
    void expect_discretion(Ended const& ended) const
    {
        Receivers::expect_discretion(ended, settings, {"conv-c", "mess-a", "mess-b"});
    }

    Simulator simulator;
    Environment settings;
};

} // namespace backfill::test
