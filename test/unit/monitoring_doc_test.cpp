#include "app/log/summary_json.hpp"
#include "app/progress/progress_text.hpp"
#include "support/json.hpp"
#include "support/pipeline_bench.hpp"
#include "support/scratch_file.hpp"
#include "support/test_dir.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <regex>
#include <set>

using namespace backfill;
using namespace backfill::app;
using namespace backfill::test;

namespace {

/// Events of every kind of run that needs no socket.
std::vector<Event> many_events()
{
    std::vector<Event> events;
    for (auto const command : {Command::run, Command::dry_run, Command::verify}) {
        PipelineBench bench;
        bench.settings.command = command;
        bench.settings.pace = Pace::adaptive;
        bench.settings.batch_delay = std::chrono::milliseconds{1};
        bench.verbose = true;
        bench.add_conversations(4, 2);
        bench.store("c1", "c1-m0");
        bench.store("c1", "nowhere else");
        bench.freshchat_answer("c2", reply(404));
        bench.freshchat_answer("c3", reply(200, R"({"messages":[{"id":"x","actor_type":"system"},{"id":"y"}]})"));
        bench.run();
        events.insert(events.end(), bench.events.begin(), bench.events.end());
    }
    ProgressView view;
    view.left.emplace();
    events.push_back(progress_event(view, {}));
    return events;
}

} // namespace

TEST_CASE("docs/monitoring.md lists every event, and every field of it")
{
    auto const document = content_of(test_dir() + "/../docs/monitoring.md");
    auto const row_of = [&](std::string const& event) {
        auto const inside = document.find("`" + event + "`", document.find("| `event` | fields |"));
        auto const start = inside == std::string::npos ? inside : document.rfind('\n', inside) + 1;
        return start == std::string::npos ? std::string{} : document.substr(start, document.find('\n', inside) - start);
    };
    std::set<std::string> told;
    for (auto const& event : many_events()) {
        told.emplace(event.name);
        for (auto const& field : event.fields) {
            CAPTURE(event.name, field.name);
            CHECK(row_of(std::string{event.name}).find("`" + std::string{field.name} + "`") != std::string::npos);
        }
    }
    CHECK(told.size() >= 14);
    static std::regex const event{"\\{\\s*\"([a-z_]+)\", Level::|error_event\\(\\s*\"([a-z_]+)\""};
    std::size_t in_source = 0;
    for (auto const& file : std::filesystem::recursive_directory_iterator{test_dir() + "/../src/app"}) {
        if (!file.is_regular_file()) {
            continue;
        }
        auto const source = content_of(file.path().string());
        for (std::sregex_iterator found{source.begin(), source.end(), event}, end; found != end; ++found) {
            auto const name = (*found)[1].matched ? (*found)[1].str() : (*found)[2].str();
            CAPTURE(name);
            CHECK((name == "text" || row_of(name).starts_with("| `"))); // text: of --help and --version
            ++in_source;
        }
    }
    CHECK(in_source >= 20);
}

TEST_CASE("docs/monitoring.md lists every key of the summary file")
{
    auto const document = content_of(test_dir() + "/../docs/monitoring.md");
    auto const table =
        document.substr(document.find("| key | |"), document.find("| `event` |") - document.find("| key | |"));
    PipelineBench bench;
    bench.settings.command = Command::dry_run;
    bench.add_conversations(2, 1);
    bench.run();
    bench.facts->update([](RunSnapshot& run) { run.fatal = "why"; }); // so that its key is there
    for (auto const command : {Command::dry_run, Command::verify}) {
        bench.settings.command = command;
        auto const summary = parsed(
            summary_json(bench.settings, *bench.facts, {Ending::complete, 1, std::chrono::system_clock::now(), "why"}));
        for (auto const& [key, value] : *summary) {
            CAPTURE(key);
            CHECK(table.find("`" + key + "`") != std::string::npos);
            if (value.type() == typeid(Json)) {
                for (auto const& name : value.extract<Json>()->getNames()) {
                    CAPTURE(name);
                    CHECK(table.find("`" + name + "`") != std::string::npos);
                }
            }
        }
    }
}
