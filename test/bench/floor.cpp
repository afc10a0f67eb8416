// The floor of `run` into an empty Message table: the requests that this needs and no other, over the program's own
// transport, with every request made beforehand and no answer looked into.
//
//   GET  Message, one row           the table is empty, so no stored id has to be looked up
//   GET  Conversation, 1000 a page  the first page counts the list, so none is asked for past its end
//   GET  messages, 50 a page        by FETCHERS at once, as soon as their page of the list is there
//   POST 500 rows                   by WRITERS at once, as soon as pages with that many rows are there; the answer
//                                   counts what was stored, which is all that has to be known of an empty table
//
// So it is the bound of any client that reads and writes in these units with as many connections: what it takes longer
// is proofs before the first call, decoding, making rows and JSON, waiting, and the start of its process, which is not
// in the floor's time. It is no bound of a client with other units, more fetchers or another road into the database.

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
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace backfill;
using http::Request;

constexpr std::size_t kRows = 500;
constexpr std::size_t kPage = 50;
constexpr std::size_t kListed = 1000;

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
    Request emptiness;
    std::vector<Request> list;
    std::vector<Work> conversations; ///< in the order of the list
    std::vector<Request> posts;
};

/// Indices of the world, oldest first, as the list has them.
std::vector<std::size_t> listed(test::World const& world)
{
    std::vector<std::pair<std::string, std::size_t>> keys;
    for (std::size_t i = 0; i < world.size(); ++i) {
        auto const conversation = world.conversation(i);
        keys.emplace_back(conversation.created_time.value() + conversation.id, i);
    }
    std::sort(keys.begin(), keys.end());
    std::vector<std::size_t> order(keys.size());
    std::transform(keys.begin(), keys.end(), order.begin(), [](auto const& key) { return key.second; });
    return order;
}

std::vector<Request> list_pages(
    test::World const& world, std::vector<std::size_t> const& order, std::vector<http::Header> const& supabase)
{
    std::vector<Request> pages;
    for (std::size_t first = 0; first < order.size(); first += kListed) {
        std::string target = "/Conversation?select=id,created_time&order=created_time.asc,id.asc&limit=1000";
        auto headers = supabase;
        if (first == 0) {
            headers.emplace_back("Prefer", "count=exact");
        } else {
            auto const last = world.conversation(order[first - 1]);
            auto const time = http::percent_encoded(last.created_time.value());
            target += "&created_time=gte." + time + "&or=(created_time.gt.\"" + time + "\",id.gt.\""
                + http::percent_encoded(last.id) + "\")";
        }
        pages.push_back({Request::Method::get, target, headers, {}});
    }
    return pages;
}

std::string json(test::ExpectedRow const& row)
{
    std::string json;
    JsonWriter writer{json};
    writer.begin('{');
    for (auto const& [name, value] :
        {std::pair{"id", &row.id}, {"conversationid", &row.conversationid}, {"actor_type", &row.actor_type},
            {"message_parts", &row.message_parts}, {"created_time", &row.created_time}}) {
        writer.key(name);
        writer.string(*value);
    }
    writer.end('}');
    return json;
}

Work conversation(std::string const& id, std::size_t messages, std::vector<http::Header> const& freshchat)
{
    Work work;
    for (std::size_t page = 1; page <= std::max<std::size_t>(1, (messages + kPage - 1) / kPage); ++page) {
        work.pages.push_back({Request::Method::get,
            "/conversations/" + http::percent_encoded(id) + "/messages?page=" + std::to_string(page)
                + "&items_per_page=50",
            freshchat, {}});
    }
    return work;
}

Prepared prepare(test::World const& world)
{
    std::vector<http::Header> const freshchat{{"Authorization", "Bearer " + variable("FRESHCHAT_TOKEN")}};
    auto const key = variable("SUPABASE_SERVICE_ROLE_KEY");
    std::vector<http::Header> const supabase{{"apikey", key}, {"Authorization", "Bearer " + key}};
    auto upsert = supabase;
    upsert.emplace_back("Content-Type", "application/json");
    upsert.emplace_back("Prefer", "resolution=ignore-duplicates,return=minimal,count=exact");

    auto const order = listed(world);
    Prepared prepared{
        {Request::Method::get, "/Message?select=id&limit=1", supabase, {}}, list_pages(world, order, supabase), {}, {}};
    std::vector<std::pair<std::string, std::string>> rows; // id, JSON
    auto const flush = [&] {
        std::sort(rows.begin(), rows.end());
        std::string body = "[";
        for (auto const& row : rows) {
            body += (body.size() > 1 ? "," : "") + row.second;
        }
        prepared.posts.push_back({Request::Method::post,
            "/Message?on_conflict=id&columns=id,conversationid,actor_type,message_parts,created_time", upsert,
            body + "]"});
        rows.clear();
    };
    for (auto const i : order) {
        auto& work = prepared.conversations.emplace_back(
            conversation(world.conversation(i).id, world.message_count(i), freshchat));
        for (auto const& message : world.messages(i)) {
            if (message.row) {
                rows.emplace_back(message.row->id, json(*message.row));
                ++work.rows;
            }
            if (rows.size() == kRows) {
                flush();
            }
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

/// What is there already, and who waits for it.
class Arrived {
public:
    explicit Arrived(std::size_t conversations) : conversations_{conversations} {}

    void list_page()
    {
        change([this] { listed_ += kListed; });
    }
    void conversation(std::size_t rows)
    {
        change([&] {
            rows_ += rows;
            ++fetched_;
        });
    }
    void wait_for_listed(std::size_t index)
    {
        wait([&] { return listed_ > index; });
    }
    /// In an order of conversations that nearly fits.
    void wait_for_rows(std::size_t rows)
    {
        wait([&] { return rows_ >= rows || fetched_ == conversations_; });
    }

private:
    template <typename Change>
    void change(Change change)
    {
        std::lock_guard const lock{mutex_};
        change();
        changed_.notify_all();
    }
    template <typename Condition>
    void wait(Condition condition)
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, condition);
    }

    std::size_t const conversations_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t listed_ = 0;
    std::size_t fetched_ = 0;
    std::size_t rows_ = 0;
};

double run(Prepared const& prepared, std::size_t fetchers, std::size_t writers)
{
    auto const freshchat = endpoint(variable("FRESHCHAT_DOMAIN"), "/v2");
    auto const supabase = endpoint(variable("SUPABASE_URL"), "/rest/v1");
    http::TransportOptions options;
    http::TransportOptions secure;
    secure.ca_file = variable("CA_FILE");
    auto const& conversations = prepared.conversations;
    Arrived arrived{conversations.size()};
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> next_post{0};
    auto const start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([&] {
            auto const transport = http::make_poco_transport(supabase, secure);
            for (auto const& request : prepared.list) {
                send(*transport, request);
                arrived.list_page();
            }
        });
        for (std::size_t i = 0; i < writers; ++i) {
            threads.emplace_back([&, is_first = i == 0] {
                auto const transport = http::make_poco_transport(supabase, secure);
                if (is_first) {
                    send(*transport, prepared.emptiness);
                }
                for (auto mine = next_post++; mine < prepared.posts.size(); mine = next_post++) {
                    arrived.wait_for_rows((mine + 1) * kRows);
                    send(*transport, prepared.posts[mine]);
                }
            });
        }
        for (std::size_t i = 0; i < fetchers; ++i) {
            threads.emplace_back([&] {
                auto const transport = http::make_poco_transport(freshchat, options);
                for (auto mine = next++; mine < conversations.size(); mine = next++) {
                    arrived.wait_for_listed(mine);
                    for (auto const& request : conversations[mine].pages) {
                        send(*transport, request);
                    }
                    arrived.conversation(conversations[mine].rows);
                }
            });
        }
    }
    return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
}

} // namespace

int main(int argc, char** argv)
try {
    if (argc != 4) {
        std::fputs("Usage: backfill-floor CONVERSATIONS FETCHERS WRITERS, with the program's variables\n", stderr);
        return 2;
    }
    test::WorldOptions options;
    options.conversations = std::stoul(argv[1]);
    auto const prepared = prepare(test::World::make(options));
    std::printf("%.3f\n", run(prepared, std::stoul(argv[2]), std::stoul(argv[3])));
    return 0;
} catch (std::exception const& error) {
    std::fprintf(stderr, "backfill-floor: %s\n", error.what());
    return 1;
}
