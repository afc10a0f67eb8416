#include "backfill/freshchat/conversation_messages.hpp"

#include "freshchat/page.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/version.hpp"
#include "backfill/http/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <unordered_set>
#include <utility>

namespace backfill::freshchat {
namespace {

constexpr int kPageSize = 50;                // the most that Freshchat gives; what it does with 51 is not known
constexpr std::size_t kFullPageAtLeast = 20; // no server is known to clamp lower
constexpr int kMaxPages = 20'000;            // a million messages; with more, the server is going round in circles
constexpr int kMaxEmptyPages = 3;            // in a row; a server that filters may send some
constexpr int kNoPage = 0;                   // in place of a page's number: the conversation itself

std::string target(ConversationId const& id)
{
    return "/conversations/" + http::percent_encoded(id);
}

bool fits_url(ConversationId const& id)
{
    return !id.empty() && id != "." && id != "..";
}

ConversationFailure meaning(http::Outcome const& outcome, int page)
{
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply) {
        return ConversationFailure::network;
    }
    if (reply->succeeded()) {
        return reply->is_html() ? ConversationFailure::wrong_host : ConversationFailure::server;
    }
    auto const status = reply->status;
    return status == 403                ? ConversationFailure::forbidden
        : status == 404 && page == 1    ? ConversationFailure::not_found
        : status == 429                 ? ConversationFailure::throttled
        : status >= 300 && status < 400 ? ConversationFailure::wrong_host
        : status >= 500                 ? ConversationFailure::server
                                        : ConversationFailure::other;
}

bool is_unreachable(http::Outcome const& outcome)
{
    using Kind = http::TransportError::Kind;
    auto const* const error = std::get_if<http::TransportError>(&outcome);
    return error && (error->kind == Kind::resolve || error->kind == Kind::connect || error->kind == Kind::tls);
}

[[noreturn]] void fail(calls::CallError const& error, int page)
{
    auto const kind = meaning(error.outcome, page);
    auto const* reply = std::get_if<http::Reply>(&error.outcome);
    auto why = error.failure();
    if (error.wait_asked) {
        throw QuotaAwayError{why, *error.wait_asked};
    }
    if (is_unreachable(error.outcome)) {
        throw UnreachableError{why};
    }
    if (reply && reply->status == 401) {
        throw FatalError{"Freshchat refused the token: " + why,
            "Check FRESHCHAT_TOKEN (Freshchat: Admin → API Tokens) and that FRESHCHAT_DOMAIN is the same account."};
    }
    if (reply && reply->succeeded()) {
        why += kind == ConversationFailure::wrong_host ? " with HTML in place of JSON: a portal, so the wrong host"
            : page == kNoPage                          ? " with a body that is no conversation"
                                                       : " with a body that is no page of messages";
    } else if (reply && reply->status == 404) {
        why = (page > 1 ? fmt::format("page {} ", page) : "") + "not found (" + why + ")";
    } else if (kind == ConversationFailure::wrong_host) {
        why += ", a redirect: the wrong host?";
    }
    if (reply && !reply->succeeded()) {
        // Only the one-word status: a message could quote what a customer wrote.
        auto const status = error_status(reply->body);
        bool const is_word = !status.empty() && status.size() <= 60 && status != std::to_string(reply->status)
            && std::ranges::all_of(status, [](char c) { return is_ascii_alphanumeric(c) || c == '_'; });
        why += is_word ? ", status " + printable(status) : "";
    }
    if (kind == ConversationFailure::forbidden) {
        why += ": the token's rights, or not the host shown beside the token";
    }
    throw ConversationError{kind, why};
}

std::size_t bytes_of_json(std::vector<Message> const& messages)
{
    std::size_t bytes = 0;
    for (auto const& message : messages) {
        bytes += message.raw.size();
        for (auto const& [name, json] : message.fields) {
            bytes += json.size();
        }
    }
    return bytes;
}

/// Identifies a message across pages; one without an id by its content.
std::string_view identity(Message const& message, TextStore& texts)
{
    return message.id.empty() ? texts.keep(message.raw) : message.id;
}

} // namespace

ConversationMessages::ConversationMessages(calls::Client& client, WalkOptions options, Account& account, Clock& clock)
    : client_{client}, options_{std::move(options)}, account_{account}, clock_{clock}
{
}

http::Request ConversationMessages::request(std::string target) const
{
    return {http::Request::Method::get, std::move(target),
        {{"Authorization", "Bearer " + options_.token.reveal()}, {"Accept", "application/json"},
            {"Accept-Encoding", "gzip"}, {"User-Agent", user_agent()}},
        {}};
}

void ConversationMessages::pause(std::stop_token const& stop)
{
    if (!clock_.sleep_until(clock_.now() + options_.page_delay, stop)) {
        throw Stopped{};
    }
}

DecodedPage ConversationMessages::fetch_page(ConversationId const& id, int number, Task const& task)
{
    auto const read = [&](http::Outcome const& outcome) -> calls::Reading<DecodedPage> {
        auto const* reply = std::get_if<http::Reply>(&outcome);
        if (reply && reply->succeeded()) {
            if (reply->is_html()) {
                return calls::Verdict::reject;
            }
            if (auto page = decode_page(reply->body, options_.extras, task.texts)) {
                return std::move(*page);
            }
            return calls::Verdict::retry; // cut on the way
        }
        if (number > 1 && reply && reply->status >= 400 && error_status(reply->body) == "WRONG_PAGE") {
            return DecodedPage{}; // past the end
        }
        return calls::may_pass(outcome) ? calls::Verdict::retry : calls::Verdict::reject;
    };
    auto const page = request(target(id) + fmt::format("/messages?page={}&items_per_page={}", number, kPageSize));
    auto result = client_.call(page, read, task.stop);
    if (auto const* error = std::get_if<calls::CallError>(&result)) {
        fail(*error, number);
    }
    return std::get<DecodedPage>(std::move(result));
}

void ConversationMessages::expect_to_fit(std::size_t bytes, int page) const
{
    if (bytes > options_.max_bytes) {
        throw ConversationError{ConversationFailure::other,
            fmt::format("by page {} it holds more than {} MB of text: too much to keep in memory", page,
                options_.max_bytes >> 20U)};
    }
}

std::vector<Message> ConversationMessages::walk(ConversationId const& id, Task const& task)
{
    std::vector<Message> messages;
    std::pmr::monotonic_buffer_resource seen_memory;
    std::pmr::unordered_set<std::string_view> seen{&seen_memory};
    std::size_t first_page_size = 0;
    auto const texts_before = task.texts.size();
    std::size_t json_bytes = 0;
    int pages_without_news = 0;
    int empty_pages = 0;
    for (int number = 1; number <= kMaxPages; ++number) {
        auto page = fetch_page(id, number, task);
        auto const size = page.messages.size();
        json_bytes += bytes_of_json(page.messages);
        expect_to_fit(task.texts.size() - texts_before + json_bytes, number);
        first_page_size = number == 1 ? size : first_page_size;
        bool const is_enough = size > 0 && task.enough && task.enough(page.messages);
        auto const known = seen.size();
        for (auto& message : page.messages) {
            if (seen.insert(identity(message, task.texts)).second) {
                messages.push_back(std::move(message));
            }
        }
        empty_pages = size == 0 ? empty_pages + 1 : 0;
        if (size > 0) {
            pages_without_news = seen.size() == known ? pages_without_news + 1 : 0;
        }
        bool const links_on = page.links_to > number;
        if (links_on) {
            account_.sends_links = true;
        }
        bool const short_page = number == 1 ? size < kFullPageAtLeast : size < first_page_size;
        bool const last = !links_on && (account_.sends_links || short_page || size == 0);
        bool const has_no_more = pages_without_news == 2 || empty_pages == kMaxEmptyPages;
        if (last || is_enough || has_no_more) {
            account_.ended_on_links += links_on && !is_enough ? 1 : 0;
            return messages;
        }
        pause(task.stop);
    }
    throw ConversationError{ConversationFailure::other, "it did not end after " + std::to_string(kMaxPages) + " pages"};
}

/// Nothing where Freshchat does not say, which is its right. Throws when it could not be asked.
std::optional<IdPair> ConversationMessages::ask_for_ids(ConversationId const& id, std::stop_token const& stop)
{
    auto const read = [](http::Outcome const& outcome) -> calls::Reading<IdPair> {
        auto const* reply = std::get_if<http::Reply>(&outcome);
        if (reply && reply->succeeded() && !reply->is_html()) {
            if (auto ids = decode_ids(reply->body)) {
                return *std::move(ids);
            }
            return calls::Verdict::retry; // cut on the way
        }
        return calls::may_pass(outcome) ? calls::Verdict::retry : calls::Verdict::reject;
    };
    auto result = client_.call(request(target(id)), read, stop);
    if (auto const* error = std::get_if<calls::CallError>(&result)) {
        auto const* reply = std::get_if<http::Reply>(&error->outcome);
        if (reply && error->verdict == calls::Verdict::reject && reply->status != 401) {
            return std::nullopt;
        }
        if (meaning(error->outcome, kNoPage) == ConversationFailure::server) {
            account_.other_ids.did_not_help(id); // some servers answer so for what they do not know
        }
        fail(*error, kNoPage);
    }
    return std::get<IdPair>(std::move(result));
}

std::optional<std::vector<Message>> ConversationMessages::walk_by_other_id(ConversationId const& id, Task const& task)
{
    auto& other_ids = account_.other_ids;
    OtherIds::Question const open{other_ids, id};
    auto const named = ask_for_ids(id, task.stop);
    for (auto const& other : named ? other_ids.to_try(id, *named) : std::vector<ConversationId>{}) {
        if (!fits_url(other)) {
            continue;
        }
        pause(task.stop);
        try {
            auto messages = walk(other, task);
            other_ids.helped(id, other);
            return messages;
        } catch (ConversationError const& error) {
            if (error.kind() != ConversationFailure::not_found) {
                throw;
            }
        }
    }
    other_ids.did_not_help(id);
    return std::nullopt;
}

std::vector<Message> ConversationMessages::fetch(
    ConversationId const& id, TextStore& texts, std::stop_token const& stop, EnoughAt const& enough)
{
    if (!fits_url(id)) {
        throw ConversationError{ConversationFailure::other, "its id is no Freshchat id (a UUID or a number)"};
    }
    Task const task{texts, stop, enough};
    auto& other_ids = account_.other_ids;
    bool const asks_first = other_ids.ask_first(id);
    if (asks_first) {
        if (auto messages = walk_by_other_id(id, task)) {
            return *std::move(messages);
        }
        pause(stop);
    }
    try {
        auto messages = walk(id, task);
        other_ids.not_needed(id);
        return messages;
    } catch (ConversationError const& error) {
        if (error.kind() != ConversationFailure::not_found || asks_first || !other_ids.may_help(id)) {
            throw;
        }
        pause(stop);
        if (auto messages = walk_by_other_id(id, task)) {
            return *std::move(messages);
        }
        throw;
    }
}

} // namespace backfill::freshchat
