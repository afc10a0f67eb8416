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

std::string target(ConversationId const& id, int page)
{
    return fmt::format(
        "/conversations/{}/messages?page={}&items_per_page={}", http::percent_encoded(id), page, kPageSize);
}

ConversationFailure kind_of(http::Outcome const& outcome)
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
        : status == 404                 ? ConversationFailure::not_found
        : status == 429                 ? ConversationFailure::throttled
        : status >= 300 && status < 400 ? ConversationFailure::wrong_host
        : status >= 500                 ? ConversationFailure::server
                                        : ConversationFailure::other;
}

[[noreturn]] void fail(calls::CallError const& error)
{
    auto const kind = kind_of(error.outcome);
    auto const* reply = std::get_if<http::Reply>(&error.outcome);
    auto why = error.failure();
    if (reply && reply->status == 401) {
        throw FatalError{"Freshchat refused the token: " + why,
            "Check FRESHCHAT_TOKEN (Freshchat: Admin → API Tokens) and that FRESHCHAT_DOMAIN is the same account."};
    }
    if (reply && reply->succeeded()) {
        why += kind == ConversationFailure::wrong_host
            ? " with HTML in place of JSON: wrong host? Check FRESHCHAT_DOMAIN."
            : " with a body that is no page of messages";
    } else if (kind == ConversationFailure::not_found) {
        why = "not found (" + why + ")";
    } else if (kind == ConversationFailure::wrong_host) {
        why += ", a redirect: wrong host? Check FRESHCHAT_DOMAIN.";
    }
    if (reply && !reply->succeeded()) {
        // Only the one-word status: a message could quote what a customer wrote.
        auto const status = error_status(reply->body);
        bool const is_word = !status.empty() && status.size() <= 60
            && std::ranges::all_of(status, [](char c) { return is_ascii_alphanumeric(c) || c == '_'; });
        why += is_word ? ", status " + printable(status) : "";
    }
    throw ConversationError{kind, why};
}

/// Identifies a message across pages; one without an id by its content.
std::string_view identity(Message const& message, TextStore& texts)
{
    return message.id.empty() ? texts.keep(message.raw) : message.id;
}

} // namespace

ConversationMessages::ConversationMessages(
    calls::Client& client, WalkOptions options, LinkSeen& link_seen, Clock& clock)
    : client_{client}, options_{std::move(options)}, link_seen_{link_seen}, clock_{clock}
{
}

DecodedPage ConversationMessages::fetch_page(
    ConversationId const& id, int number, TextStore& texts, std::stop_token const& stop)
{
    auto const read = [&](http::Outcome const& outcome) -> calls::Reading<DecodedPage> {
        auto const* reply = std::get_if<http::Reply>(&outcome);
        if (reply && reply->succeeded()) {
            if (reply->is_html()) {
                return calls::Verdict::reject;
            }
            if (auto page = decode_page(reply->body, options_.fields, options_.raw, texts)) {
                return std::move(*page);
            }
            return calls::Verdict::retry; // cut on the way
        }
        if (number > 1 && reply && reply->status >= 400 && error_status(reply->body) == "WRONG_PAGE") {
            return DecodedPage{}; // past the end
        }
        return calls::may_pass(outcome) ? calls::Verdict::retry : calls::Verdict::reject;
    };
    http::Request const request{http::Request::Method::get, target(id, number),
        {{"Authorization", "Bearer " + options_.token.reveal()}, {"Accept", "application/json"},
            {"Accept-Encoding", "gzip"}, {"User-Agent", user_agent()}},
        {}};
    auto result = client_.call(request, read, stop);
    if (auto const* error = std::get_if<calls::CallError>(&result)) {
        fail(*error);
    }
    return std::get<DecodedPage>(std::move(result));
}

std::vector<Message> ConversationMessages::fetch(
    ConversationId const& id, TextStore& texts, std::stop_token const& stop, EnoughAt const& enough)
{
    if (id.empty() || id == "." || id == "..") {
        throw ConversationError{ConversationFailure::other, "its id cannot stand in a URL"};
    }
    std::vector<Message> messages;
    std::pmr::monotonic_buffer_resource seen_memory;
    std::pmr::unordered_set<std::string_view> seen{&seen_memory};
    std::size_t first_page_size = 0;
    int pages_without_news = 0;
    for (int number = 1; number <= kMaxPages; ++number) {
        auto page = fetch_page(id, number, texts, stop);
        auto const size = page.messages.size();
        if (size == 0) {
            return messages;
        }
        first_page_size = number == 1 ? size : first_page_size;
        bool const is_enough = enough && enough(page.messages);
        auto const known = seen.size();
        for (auto& message : page.messages) {
            if (seen.insert(identity(message, texts)).second) {
                messages.push_back(std::move(message));
            }
        }
        pages_without_news = seen.size() == known ? pages_without_news + 1 : 0;
        if (page.has_link) {
            link_seen_ = true;
        }
        bool const short_page = number == 1 ? size < kFullPageAtLeast : size < first_page_size;
        bool const last = !page.has_link && (link_seen_ || short_page);
        if (last || is_enough || pages_without_news == 2) {
            return messages;
        }
        if (!clock_.sleep_until(clock_.now() + options_.page_delay, stop)) {
            throw Stopped{};
        }
    }
    throw ConversationError{ConversationFailure::other, "it did not end after " + std::to_string(kMaxPages) + " pages"};
}

} // namespace backfill::freshchat
