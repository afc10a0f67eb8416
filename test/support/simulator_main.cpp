// freshchat-simulator: the Freshchat of the tests as a program, for the demo and the benchmarks.

#include "support/simulator.hpp"

#include <boost/program_options.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using namespace backfill::test;
namespace po = boost::program_options;

po::options_description describe()
{
    po::options_description options{"Options"};
    auto add = options.add_options();
    add("help", "this text");
    add("port-file", po::value<std::string>(),
        "the port on 127.0.0.1 is written here as soon as requests are answered");
    add("token", po::value<std::string>()->default_value("test-token"), "the bearer token that is right");
    add("conversations", po::value<std::uint32_t>()->default_value(700), "how many");
    add("latency-ms", po::value<int>()->default_value(0), "before each answer");
    add("quota", po::value<std::string>()->default_value(""), "calls a minute, as parse_quota() reads it");
    add("ids", po::value<std::string>()->default_value("uuid_only"),
        "by which its messages can be asked for: uuid_only, numeric_only, both");
    add("table-ids", po::value<std::string>()->default_value("uuid"), "the tables name it by: uuid, number");
    add("link", po::value<std::string>()->default_value("relative"),
        "of a page: relative, absolute, without_rel, absent, self, with_from_time");
    add("email-only", po::value<std::size_t>()->default_value(0), "so many conversations of e-mails alone");
    add("buttons-only", po::value<std::size_t>()->default_value(0), "so many, after those, of chosen buttons alone");
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

/// The value of an option that takes one of these names.
template <typename Choice>
Choice choice(po::variables_map const& values, char const* option, std::map<std::string, Choice> const& choices)
{
    auto const found = choices.find(values[option].as<std::string>());
    if (found == choices.end()) {
        throw std::invalid_argument{std::string{"--"} + option + ": see --help"};
    }
    return found->second;
}

Switches parse_switches(po::variables_map const& values)
{
    Switches switches;
    switches.token = values["token"].as<std::string>();
    switches.latency = std::chrono::milliseconds{values["latency-ms"].as<int>()};
    if (auto const quota = values["quota"].as<std::string>(); !quota.empty()) {
        switches.quota = parse_quota(quota);
    }
    switches.ids = choice<Ids>(
        values, "ids", {{"uuid_only", Ids::uuid_only}, {"numeric_only", Ids::numeric_only}, {"both", Ids::both}});
    switches.link = choice<LinkForm>(values, "link",
        {{"relative", LinkForm::relative}, {"absolute", LinkForm::absolute}, {"without_rel", LinkForm::without_rel},
            {"absent", LinkForm::absent}, {"self", LinkForm::self}, {"with_from_time", LinkForm::with_from_time}});
    switches.last_link = switches.link == LinkForm::self ? LastLink::present : LastLink::missing;
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
        auto& list = conversations[world.uuid(i)];
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

    auto const switches = parse_switches(values);
    bool const by_own_id = switches.ids == Ids::uuid_only && world.options().table_ids == TableIds::uuid;
    auto simulator =
        world.size() <= kSmall && by_own_id ? Simulator{made(world), switches} : Simulator{std::move(world), switches};
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
                  << options;
        return 0;
    }
    auto world = World::make({.conversations = values["conversations"].as<std::uint32_t>(),
        .email_only = values["email-only"].as<std::size_t>(),
        .buttons_only = values["buttons-only"].as<std::size_t>(),
        .table_ids = choice<TableIds>(values, "table-ids", {{"uuid", TableIds::uuid}, {"number", TableIds::number}})});
    if (values.count("print-conversations") != 0) {
        world.write_conversations_csv(std::cout);
        return std::cout.flush() ? 0 : 1;
    }
    if (values.count("print-expected") != 0) {
        world.write_expected_messages_csv(std::cout);
        return std::cout.flush() ? 0 : 1;
    }
    return serve(std::move(world), values);
} catch (std::logic_error const& error) { // po::error, std::invalid_argument: of an option
    std::cerr << "freshchat-simulator: " << error.what() << '\n';
    return 2;
} catch (std::exception const& error) {
    std::cerr << "freshchat-simulator: " << error.what() << '\n';
    return 1;
}
