#include "app/doctor/doctor.hpp"

#include "app/files/run_files.hpp"
#include "app/log/events.hpp"

#include "app/log/call_log.hpp"
#include "backfill/calls/retry.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"
#include "backfill/core/printable.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace backfill::app {
namespace {

using Kind = http::TransportError::Kind;

std::string milliseconds(Clock::Duration duration)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string joined(std::vector<std::string> const& words)
{
    std::string text;
    for (auto const& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

void examine_settings(Visit const& visit)
{
    auto const& warnings = visit.settings.warnings;
    if (warnings.empty()) {
        visit.diagnosis.ok("settings", "complete and valid");
    }
    for (auto const& warning : warnings) {
        visit.diagnosis.warning("settings", warning, "A run works with it; mend the setting all the same.");
    }
}

/// As a run opens them before it begins; none is changed.
void examine_files(Visit const& visit)
{
    auto run = visit.settings;
    run.command = Command::run;
    run.warnings.clear();
    std::vector<std::string> paths;
    for (auto const& path : {run.state_file, run.rejects_file, run.summary_file, run.metrics_file, run.report_file}) {
        if (!path.empty()) {
            paths.push_back(printable(path));
        }
    }
    if (paths.empty()) {
        return;
    }
    std::string refusal;
    try {
        RunFiles const files{run};
    } catch (UsageError const& error) {
        refusal = error.what();
    }
    for (auto const& warning : run.warnings) {
        visit.diagnosis.warning("files", warning, "A run works with it, from the beginning.");
    }
    if (!refusal.empty()) { // the last word, for who looks a check up by its name
        visit.diagnosis.failed("files", refusal, "Give a path in a folder that this user may write to.");
    } else if (run.warnings.empty()) {
        visit.diagnosis.ok("files", joined(paths) + " can be written");
    }
}

void examine_connection(Visit const& visit, Side const& side, http::Probe const& probe)
{
    auto const name = side.name + "_connection";
    if (probe.failure) {
        auto const why = calls::describe(*probe.failure);
        auto const address = side.endpoint.authority();
        visit.diagnosis.failed(name, why.find(address) == std::string::npos ? address + ": " + why : why,
            probe.failure->kind == Kind::tls
                ? "If its certificate is a private one, name its CA in CA_FILE; else check the host of " + side.setting
                    + ", and this machine's clock."
                : "Check host and port of " + side.setting + ", firewalls, and the proxy if there is one.");
        return;
    }
    if (side.endpoint.scheme == http::Endpoint::Scheme::http) {
        if (side.endpoint.is_loopback()) {
            visit.diagnosis.ok(name, "plain http, within this machine");
        } else {
            visit.diagnosis.warning(name, "plain http: the key can be read on the way",
                "Give " + side.setting + " with https, and unset ALLOW_HTTP.");
        }
        return;
    }
    if (!probe.certificate_expires) {
        visit.diagnosis.ok(name, "TLS, certificate accepted");
        return;
    }
    auto const days = days_until(visit, *probe.certificate_expires);
    auto const detail = "TLS, certificate accepted, " + end_text(days);
    if (days < kSoonDays) {
        visit.diagnosis.warning(
            name, detail, "See that the server's certificate is renewed: after that day no run works.");
    } else {
        visit.diagnosis.ok(name, detail);
    }
}

} // namespace

std::string counted(std::size_t number, std::string const& what)
{
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string end_text(long long days)
{
    auto const distance = counted(static_cast<std::size_t>(std::abs(days)), "day");
    return days < 0 ? "it ended " + distance + " ago" : "it ends in " + distance;
}

long long days_until(Visit const& visit, std::chrono::system_clock::time_point moment)
{
    return std::chrono::floor<std::chrono::days>(moment - visit.instruments.wall_clock()).count();
}

long long days_until(Visit const& visit, double unix_seconds)
{
    constexpr double kLast = 9e9; // system_clock ends in 2262
    auto const seconds = static_cast<std::time_t>(std::clamp(unix_seconds, 0.0, kLast));
    return days_until(visit, std::chrono::system_clock::from_time_t(seconds));
}

bool examine_way(Visit const& visit, Side const& side)
{
    http::Probe probe;
    try {
        probe = visit.instruments.probe(side.endpoint, side.transport, visit.stop);
    } catch (std::invalid_argument const& error) {
        visit.diagnosis.failed(side.name + "_connection", printable(error.what()),
            "Name a file of PEM certificates in CA_FILE, or unset it.");
        return false;
    }
    if (probe.failure && probe.failure->kind == Kind::stopped) {
        throw Stopped{};
    }
    auto const name = side.name + "_name";
    if (probe.addresses.empty()) {
        visit.diagnosis.failed(name,
            probe.failure ? calls::describe(*probe.failure) : probe.resolved_host + " has no address",
            "Check the spelling of " + side.setting + ", the proxy if there is one, and this machine's DNS.");
        return false;
    }
    auto const by_proxy = probe.resolved_host == side.endpoint.host ? "" : " (the proxy)";
    visit.diagnosis.ok(name, probe.resolved_host + by_proxy + " is " + joined(probe.addresses));
    examine_connection(visit, side, probe);
    return !probe.failure;
}

void examine_answers(Visit const& visit, std::string const& side, Observations const& seen)
{
    constexpr long long kMostSkew = 10; // Date has whole seconds, and an answer takes its time
    if (seen.answers == 0) {
        return;
    }
    if (seen.ahead) {
        auto const seconds = seen.ahead->count();
        auto const detail = seconds == 0
            ? std::string{"the same as this machine's"}
            : std::to_string(std::abs(seconds)) + " s " + (seconds < 0 ? "behind" : "ahead of") + " this machine's";
        if (std::abs(seconds) > kMostSkew) {
            visit.diagnosis.warning(side + "_clock", detail,
                "Set this machine's clock (NTP): dates of tokens and certificates are compared with it.");
        } else {
            visit.diagnosis.ok(side + "_clock", detail);
        }
    }
    auto const range = seen.answers == 1 ? " answer, " : " answers, " + milliseconds(seen.quickest) + " to ";
    visit.diagnosis.ok(side + "_latency", std::to_string(seen.answers) + range + milliseconds(seen.slowest) + " ms");
}

Ending diagnose(
    Settings const& settings, Instruments const& instruments, Clock& clock, Log const& log, std::stop_token const& stop)
{
    Diagnosis diagnosis{[&](Check const& check) {
        if (!settings.json) {
            log.out(text_event(check_text(check)));
        }
    }};
    CallLog call_log{log};
    Visit const visit{settings, instruments, clock, call_log, stop, diagnosis};
    try {
        examine_settings(visit);
        examine_files(visit);
        auto const conversations = examine_supabase(visit);
        examine_freshchat(visit, conversations);
    } catch (Stopped const&) {
        return Ending::stopped;
    } catch (std::exception const& error) {
        log.note(fatal_event(error.what()));
        return Ending::fatal;
    }
    auto const& checks = diagnosis.checks();
    log.out(text_event(settings.json ? diagnosis_json(checks) : verdict_text(checks)));
    return count(checks, Check::Result::failed) > 0 ? Ending::fatal : Ending::complete;
}

} // namespace backfill::app
