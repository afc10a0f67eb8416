#pragma once

#include "support/fake_supabase.hpp"
#include "support/instant_clock.hpp"
#include "support/pipeline_bench.hpp"
#include "support/scripted_transport.hpp"
#include "support/settings_input.hpp"
#include "support/supabase_side.hpp"

#include "app/doctor/doctor.hpp"
#include "app/settings/settings.hpp"

#include <map>

namespace backfill::test {

using namespace app;
using namespace std::chrono_literals;

using Result = Check::Result;
using Kind = http::TransportError::Kind;

inline constexpr auto kNow = std::chrono::sys_days{std::chrono::year{2025} / 7 / 10} + 12h;

inline std::vector<std::string> ids(std::string const& prefix, int count)
{
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i) {
        list.push_back(prefix + std::to_string(i));
    }
    return list;
}

/// A visit to two sides in memory: four conversations in the table, each with one page of 50 messages at Freshchat.
struct Visits {
    Visits()
    {
        for (auto const* id : {"c1", "c2", "c3", "c4"}) {
            supabase.tables().at("Conversation").rows[id] = {{"id", id}, {"created_time", "2025-01-01T00:00:00+00:00"}};
        }
        settings =
            *parse({"doctor"}, with(kRequired, {{"SUPABASE_SERVICE_ROLE_KEY", FakeSupabase::service_key()}})).settings;
        settings.json = true;
    }

    Ending pay()
    {
        out.clear();
        Script supabase_side{[this](http::Request const& request) {
            if (on_request) {
                on_request(request);
            }
            auto answer = overload ? *overload : supabase.answer(request);
            answer.headers.emplace_back("Date", supabase_date);
            return answer;
        }};
        Script freshchat_side{[this](http::Request const& request) {
            asked.push_back(request.target);
            return freshchat(request);
        }};
        Script webhook_side{[this](http::Request const& request) {
            webhook_bodies.push_back(request.body);
            return webhook;
        }};
        Instruments const instruments{
            {[&] { return freshchat_side.transport(); }, [&] { return supabase_side.transport(); }},
            [this](http::Endpoint const& endpoint, http::TransportOptions const& options, auto const&) {
                if (options.ca_file == "broken.pem") {
                    throw std::invalid_argument{"no certificates in the CA file broken.pem"};
                }
                return probes.at(endpoint.host);
            },
            [] { return kNow; }, [&](SecretUrl const&, std::chrono::milliseconds) { return webhook_side.transport(); }};
        auto const ending = diagnose(settings, instruments, clock, log, stop.get_token());
        supabase_requests = supabase_side.request_count();
        return ending;
    }

    /// The result of that check and the beginning of its detail; "" when it was not made.
    std::string found(std::string const& name) const
    {
        auto const begin = text().find(R"({"name":")" + name + R"(","result":")");
        auto const end = text().find(R"(","advice":")", begin);
        return begin == std::string::npos ? ""
                                          : text().substr(begin + name.size() + 21, end - begin - name.size() - 21);
    }

    std::string const& text() const { return out.back(); }

    FakeSupabase supabase;
    std::function<http::Outcome(http::Request const&)> freshchat = [](auto const&) {
        return messages_page(ids("m", 50));
    };
    std::function<void(http::Request const&)> on_request; ///< to Supabase, before its answer
    http::Outcome webhook = reply(200, "ok");
    std::vector<std::string> webhook_bodies;
    std::optional<http::Reply> overload; ///< of Supabase, in place of its answers
    std::string supabase_date = "Thu, 10 Jul 2025 12:00:00 GMT";
    std::map<std::string, http::Probe> probes{
        {"abc.supabase.co", {"abc.supabase.co", {"192.0.2.1", "2001:db8::1"}, {}, kNow + 24h * 90}},
        {"hc-ping.com", {"hc-ping.com", {"192.0.2.3"}, {}, kNow + 24h * 90}},
        {"hooks.example.com", {"hooks.example.com", {"192.0.2.4"}, {}, kNow + 24h * 90}},
        {"acme.freshchat.com", {"acme.freshchat.com", {"192.0.2.2"}, {}, kNow + 24h * 90}}};
    Settings settings;
    InstantClock clock;
    std::vector<std::string> out;
    std::vector<std::string> notes;
    std::vector<std::string> asked;
    std::size_t supabase_requests = 0;
    Log log{[this](Event const& event) { out.push_back(event.text); },
        [this](Event const& event) { notes.push_back(event.text); }};
    std::stop_source stop;
};

} // namespace backfill::test
