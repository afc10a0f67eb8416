// freshchat-simulator: the Freshchat of the tests as a program, for the demo, benchmarks and shell scripts.

#include "support/simulator.hpp"
#include "support/simulator_wire.hpp"

#include <Poco/Exception.h>
#include <boost/program_options.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <stdexcept>

namespace {

using namespace backfill::test;
namespace po = boost::program_options;

po::options_description describe()
{
    po::options_description options{"Options"};
    auto add = options.add_options();
    add("help", "this text");
    add("port", po::value<std::uint16_t>()->default_value(0), "0 = a free one; bound to 127.0.0.1");
    add("port-file", po::value<std::string>(), "the port is written here as soon as requests are answered");
    add("token", po::value<std::string>()->default_value("test-token"), "the bearer token that is right");
    add("prefix", po::value<std::string>()->default_value(""), "path before /v2, such as /acme");
    add("seed", po::value<std::uint64_t>()->default_value(WorldOptions{}.seed), "another world");
    add("conversations", po::value<std::size_t>()->default_value(700), "how many");
    add("ties", po::value<std::size_t>()->default_value(0), "so many share one created_time");
    add("nulls", po::value<std::size_t>()->default_value(0), "so many have no created_time");
    add("long", po::value<std::size_t>()->default_value(0), "messages of the last conversation; 0 = as any other");
    add("odd-ids", "ids of every kind, with characters that must be quoted");
    add("invalid-text", "NULs, lone surrogates and broken UTF-8 in some texts");
    add("clamp", po::value<std::size_t>()->default_value(50), "longest page");
    add("latency-ms", po::value<int>()->default_value(0), "before each answer");
    add("quota", po::value<std::string>()->default_value(""),
        "fixed:N | sliding:N | bucket:N:BURST calls a minute, then any of ,rejected_count ,hint=seconds|date|zero "
        ",headers=limit|total ,phase=SECONDS ,others=SHARE:FROM:TO");
    add("gzip", "packs pages for clients that ask for it");
    add("link", po::value<std::string>()->default_value("relative"),
        "comma list: relative | absolute | without_rel | absent, last_missing | last_null | last_present");
    add("past-end", po::value<std::string>()->default_value("empty"), "empty | wrong_page | repeat_last");
    add("fault", po::value<std::vector<std::string>>()->default_value({}, ""), "see below; repeatable");
    add("requests-log", po::value<std::string>(),
        "a line per request, as it arrives: STATUS PAGE ITEMS CONVERSATION (%-encoded); status 0 = no answer");
    add("print-conversations", "the Conversation table as CSV, and exit");
    add("print-expected", "the Message table a backfill must leave as CSV, and exit");
    return options;
}

po::variables_map parse(po::options_description const& options, int argc, char** argv)
{
    po::variables_map values;
    auto const style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::positional_options_description const none;
    po::store(po::command_line_parser{argc, argv}.options(options).positional(none).style(style).run(), values);
    po::notify(values);
    return values;
}

WorldOptions world_options(po::variables_map const& values)
{
    WorldOptions world;
    world.seed = values["seed"].as<std::uint64_t>();
    world.conversations = values["conversations"].as<std::size_t>();
    world.ties = values["ties"].as<std::size_t>();
    world.nulls = values["nulls"].as<std::size_t>();
    world.one_long = values["long"].as<std::size_t>();
    world.odd_ids = values.count("odd-ids") != 0 ? OddIds::yes : OddIds::no;
    world.invalid_text = values.count("invalid-text") != 0 ? InvalidText::yes : InvalidText::no;
    // "-1" becomes the largest number on its way through Boost.
    if (world.conversations > std::numeric_limits<std::uint32_t>::max()) {
        throw std::invalid_argument{"--conversations: too many"};
    }
    return world;
}

Switches parse_switches(po::variables_map const& values)
{
    Switches switches;
    switches.token = values["token"].as<std::string>();
    switches.prefix = values["prefix"].as<std::string>();
    switches.page_clamp = values["clamp"].as<std::size_t>();
    switches.latency = std::chrono::milliseconds{values["latency-ms"].as<int>()};
    if (auto const quota = values["quota"].as<std::string>(); !quota.empty()) {
        switches.quota = parse_quota(quota);
    }
    switches.packing = values.count("gzip") != 0 ? Packing::gzip : Packing::plain;
    parse_link(values["link"].as<std::string>(), switches);
    switches.past_end = parse_past_end(values["past-end"].as<std::string>());
    for (auto const& fault : values["fault"].as<std::vector<std::string>>()) {
        switches.faults.push_back(parse_fault(fault));
    }
    switches.recording = Recording::counters; // it may run for days
    return switches;
}

std::ofstream open(std::string const& path)
{
    std::ofstream file{path, std::ios::trunc};
    if (!file) {
        throw std::runtime_error{"cannot write " + path};
    }
    return file;
}

/// Whole or not at all, so that a shell may wait for the file to appear.
void write_port(std::string const& path, std::uint16_t port)
{
    auto const partial = path + ".part";
    open(partial) << port << std::endl;
    std::filesystem::rename(partial, path);
}

/// A small world's messages, made beforehand: what is measured beside the simulator shall not pay for their making.
Conversations made(World const& world)
{
    Conversations conversations;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto& list = conversations[world.conversation(i).id];
        for (auto& message : world.messages(i)) {
            list.push_back(std::move(message.json));
        }
    }
    return conversations;
}

int serve(World world, po::variables_map const& values)
{
    constexpr std::size_t kSmall = 2000; // conversations
    // Blocked before any thread starts, so that all of them leave the signals to sigwait.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    std::ofstream log;
    if (values.count("requests-log") != 0) {
        log = open(values["requests-log"].as<std::string>());
    }
    auto const port = values["port"].as<std::uint16_t>();
    auto simulator = world.size() <= kSmall ? Simulator{made(world), parse_switches(values), port}
                                            : Simulator{std::move(world), parse_switches(values), port};
    if (log.is_open()) {
        simulator.on_request([&log](SeenRequest const& request) {
            log << request.status << ' ' << request.page << ' ' << request.items_per_page << ' '
                << percent_encoded(request.conversation) << std::endl;
        });
    }
    if (values.count("port-file") != 0) {
        write_port(values["port-file"].as<std::string>(), simulator.port());
    }
    std::cerr << "freshchat-simulator: " << simulator.base_url() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    auto const counters = simulator.counters();
    std::cerr << "freshchat-simulator: " << counters.requests << " requests, " << counters.pages << " pages, "
              << counters.throttled << " throttled" << std::endl;
    return 0;
}

} // namespace

int main(int argc, char** argv)
try {
    auto const options = describe();
    auto const values = parse(options, argc, argv);
    if (values.count("help") != 0) {
        std::cout << "Usage: freshchat-simulator [options]\nServes a made-up Freshchat until SIGTERM or SIGINT.\n\n"
                  << options << '\n'
                  << fault_help();
        return 0;
    }
    auto world = World::make(world_options(values));
    if (values.count("print-conversations") != 0) {
        world.write_conversations_csv(std::cout);
        return std::cout.flush() ? 0 : 1;
    }
    if (values.count("print-expected") != 0) {
        world.write_expected_messages_csv(std::cout);
        return std::cout.flush() ? 0 : 1;
    }
    return serve(std::move(world), values);
} catch (Poco::Exception const& error) {
    std::cerr << "freshchat-simulator: " << error.displayText() << '\n';
    return 1;
} catch (po::error const& error) {
    std::cerr << "freshchat-simulator: " << error.what() << '\n';
    return 2;
} catch (std::invalid_argument const& error) {
    std::cerr << "freshchat-simulator: " << error.what() << '\n';
    return 2;
} catch (std::exception const& error) {
    std::cerr << "freshchat-simulator: " << error.what() << '\n';
    return 1;
}
