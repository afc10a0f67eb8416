#include "backfill/app/application.hpp"

#include "app/stop_signals.hpp"

#include "backfill/app/pipeline.hpp"
#include "backfill/app/report.hpp"
#include "backfill/app/settings.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/log.hpp"
#include "backfill/http/poco_transport.hpp"

#include <Poco/AutoPtr.h>
#include <Poco/Util/Application.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backfill::app {
namespace {

constexpr int kFatal = 1;
constexpr int kUsage = 2;

std::optional<std::string> read_file(std::string const& path)
{
    if (path == "-") {
        return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
    }
    std::ifstream file{path, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    return file.is_open() && !file.bad() ? std::optional{std::move(text)} : std::nullopt;
}

std::optional<std::string> environment_variable(std::string const& name)
{
    auto const* value = std::getenv(name.c_str()); // no thread runs yet, and none ever sets one
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

int exit_code(Ending ending, Report const& report, int signal)
{
    switch (ending) {
    case Ending::fatal:
        return kFatal;
    case Ending::stopped:
        return 128 + signal;
    case Ending::complete:
        break;
    }
    return report.exit_code();
}

int run_with(Settings const& settings)
{
    StopSignals const signals;
    SteadyClock clock;
    auto const log = standard_streams(settings.verbose);
    Report report{settings, clock, log};
    Connections const connections{
        [&settings] { return http::make_poco_transport(settings.freshchat, settings.freshchat_transport); },
        [&settings] { return http::make_poco_transport(settings.supabase, settings.supabase_transport); },
    };
    auto const ending = run_pipeline(settings, connections, clock, log, signals.tokens(), report);
    return exit_code(ending, report, signals.received());
}

/// Poco's part is the life cycle; its option parser never sees the arguments, which could hold what it would print.
class Backfill : public Poco::Util::Application {
public:
    explicit Backfill(std::vector<std::string> arguments) : arguments_{std::move(arguments)} {}

    int main(std::vector<std::string> const& /*none*/) override
    {
        auto const log = standard_streams(false);
        try {
            auto const invocation = parse_settings(arguments_, {environment_variable, read_file});
            if (!invocation.settings) {
                log.out(invocation.text);
                return EXIT_OK;
            }
            return run_with(*invocation.settings);
        } catch (UsageError const& error) {
            log.note(std::string{"freshchat-backfill: "} + error.what());
            return kUsage;
        } catch (std::exception const& error) {
            log.note(std::string{"freshchat-backfill: internal error: "} + error.what());
            return kFatal;
        }
    }

private:
    std::vector<std::string> arguments_;
};

} // namespace

int run_application(int argc, char** argv)
{
    Poco::AutoPtr<Backfill> application{new Backfill{std::vector<std::string>{argv + std::min(argc, 1), argv + argc}}};
    application->init(std::vector<std::string>{argc > 0 ? argv[0] : "freshchat-backfill"});
    return application->run();
}

} // namespace backfill::app
