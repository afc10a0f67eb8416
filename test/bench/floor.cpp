// The floor of a run: the same requests over the same transport, with everything that could be prepared prepared, and
// no answer looked into. Nothing that fetches and stores these messages with these requests can be faster.

#include "support/world.hpp"

#include "backfill/core/json_text.hpp"
#include "backfill/http/endpoint.hpp"
#include "backfill/http/poco_transport.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace backfill;
using http::Request;

constexpr std::size_t kRows = 500;
constexpr std::size_t kPage = 50;
constexpr std::size_t kLookUp = 50;
constexpr std::size_t kWriters = 2; // as the program has

std::string variable(char const* name)
{
    auto const* const value = std::getenv(name); // before any thread
    if (value == nullptr) {
        throw std::runtime_error{std::string{name} + " is not set"};
    }
    return value;
}

/// One conversation: its page requests, and how many rows are there when it is fetched.
struct Work {
    std::vector<Request> pages;
    std::size_t rows = 0;
};

struct Prepared {
    std::vector<Request> look_ups;
    std::vector<Work> conversations;
    std::vector<Request> posts;
};

Prepared prepare(test::World const& world)
{
    std::vector<http::Header> const freshchat{{"Authorization", "Bearer " + variable("FRESHCHAT_TOKEN")}};
    auto const key = variable("SUPABASE_SERVICE_ROLE_KEY");
    std::vector<http::Header> const supabase{{"apikey", key}, {"Authorization", "Bearer " + key}};
    auto upsert = supabase;
    upsert.emplace_back("Content-Type", "application/json");
    upsert.emplace_back("Prefer", "resolution=ignore-duplicates,return=representation,count=exact");

    Prepared prepared;
    std::vector<std::pair<std::string, std::string>> rows; // id, JSON
    auto const flush = [&] {
        std::sort(rows.begin(), rows.end());
        std::string body = "[";
        for (auto const& row : rows) {
            body += (body.size() > 1 ? "," : "") + row.second;
        }
        prepared.posts.push_back({Request::Method::post,
            "/Message?on_conflict=id&columns=id,conversationid,actor_type,message_parts,created_time&select=id", upsert,
            body + "]"});
        rows.clear();
    };
    std::string ids;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const id = world.conversation(i).id;
        auto& work = prepared.conversations.emplace_back();
        for (std::size_t page = 1; page <= std::max<std::size_t>(1, (world.message_count(i) + kPage - 1) / kPage);
             ++page) {
            work.pages.push_back({Request::Method::get,
                "/conversations/" + http::percent_encoded(id) + "/messages?page=" + std::to_string(page)
                    + "&items_per_page=50",
                freshchat, {}});
        }
        for (auto const& message : world.messages(i)) {
            if (!message.row) {
                continue;
            }
            std::string json;
            JsonWriter writer{json};
            writer.begin('{');
            for (auto const& [name, value] : {std::pair{"id", &message.row->id},
                     {"conversationid", &message.row->conversationid}, {"actor_type", &message.row->actor_type},
                     {"message_parts", &message.row->message_parts}, {"created_time", &message.row->created_time}}) {
                writer.key(name);
                writer.string(*value);
            }
            writer.end('}');
            rows.emplace_back(message.row->id, std::move(json));
            ++work.rows;
            if (rows.size() == kRows) {
                flush();
            }
        }
        ids += (ids.empty() ? "" : ",") + http::percent_encoded(id);
        if ((i + 1) % kLookUp == 0 || i + 1 == world.size()) {
            prepared.look_ups.push_back({Request::Method::get,
                "/Message?select=id,conversationid&conversationid=in.(" + ids + ")&order=id.asc&limit=1000", supabase,
                {}});
            ids.clear();
        }
    }
    if (!rows.empty()) {
        flush();
    }
    return prepared;
}

void send(http::Transport& transport, Request const& request)
{
    auto const outcome = transport.send(request, {});
    auto const* const reply = std::get_if<http::Reply>(&outcome);
    if (reply == nullptr || !reply->succeeded()) {
        std::fprintf(stderr, "backfill-floor: %.60s failed\n", request.target.c_str());
        std::_Exit(1); // from any thread; there is nothing to compare with
    }
}

http::Endpoint endpoint(std::string const& text, std::string const& api)
{
    auto parsed = http::parse_endpoint(text);
    parsed.path += api;
    return parsed;
}

/// A POST goes as soon as the pages that hold its rows are there, in an order of conversations that nearly fits.
double run(Prepared const& prepared, std::size_t fetchers)
{
    auto const freshchat = endpoint(variable("FRESHCHAT_DOMAIN"), "/v2");
    auto const supabase = endpoint(variable("SUPABASE_URL"), "/rest/v1");
    http::TransportOptions options;
    http::TransportOptions secure;
    secure.ca_file = variable("CA_FILE");
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t rows_there = 0;
    std::size_t batches = 0;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> next_post{0};
    auto const start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([&] {
            auto const transport = http::make_poco_transport(supabase, secure);
            for (auto const& request : prepared.look_ups) {
                send(*transport, request);
                std::lock_guard const lock{mutex};
                ++batches;
                changed.notify_all();
            }
        });
        for (std::size_t i = 0; i < kWriters; ++i) {
            threads.emplace_back([&] {
                auto const transport = http::make_poco_transport(supabase, secure);
                for (auto mine = next_post++; mine < prepared.posts.size(); mine = next_post++) {
                    {
                        std::unique_lock lock{mutex};
                        changed.wait(lock, [&] {
                            return rows_there >= (mine + 1) * kRows || next >= prepared.conversations.size() + fetchers;
                        });
                    }
                    send(*transport, prepared.posts[mine]);
                }
            });
        }
        for (std::size_t i = 0; i < fetchers; ++i) {
            threads.emplace_back([&] {
                auto const transport = http::make_poco_transport(freshchat, options);
                for (auto mine = next++; mine < prepared.conversations.size(); mine = next++) {
                    {
                        std::unique_lock lock{mutex};
                        changed.wait(lock, [&] { return batches > mine / kLookUp; });
                    }
                    for (auto const& request : prepared.conversations[mine].pages) {
                        send(*transport, request);
                    }
                    std::lock_guard const lock{mutex};
                    rows_there += prepared.conversations[mine].rows;
                    changed.notify_all();
                }
                std::lock_guard const lock{mutex};
                changed.notify_all();
            });
        }
    }
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 3) {
        std::fputs("Usage: backfill-floor CONVERSATIONS FETCHERS, with the program's variables\n", stderr);
        return 2;
    }
    test::WorldOptions options;
    options.conversations = std::stoul(argv[1]);
    auto const prepared = prepare(test::World::make(options));
    std::printf("%.3f\n", run(prepared, std::stoul(argv[2])));
    return 0;
} catch (std::exception const& error) {
    std::fprintf(stderr, "backfill-floor: %s\n", error.what());
    return 1;
}
