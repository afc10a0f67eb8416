#include "app/doctor/freshchat.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/jwt.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/freshchat/conversation_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace backfill::app {
namespace {

constexpr std::size_t kPageSize = 50;
constexpr auto kMadeUp = "00000000-0000-0000-0000-000000000000";
constexpr int kThrottled = 429;

class FreshchatVisit {
public:
    explicit FreshchatVisit(Visit const& visit) : visit_{visit}, gate_{visit.clock} {}

    void run(std::vector<ConversationId> const& conversations)
    {
        auto const& settings = visit_.settings;
        if (!examine_way(visit_, {"freshchat", "FRESHCHAT_DOMAIN", settings.freshchat, settings.freshchat_transport})) {
            return;
        }
        calls::Client client{"freshchat",
            observed(visit_.instruments.connections.freshchat(), visit_.clock, visit_.instruments.wall_clock, seen_),
            gate_, kOneTry, visit_.clock, visit_.calls};
        try {
            ask(client, conversations);
        } catch (FatalError const& error) {
            visit_.diagnosis.failed(
                "freshchat_token", error.found() + (expired() ? ". It has expired" : ""), error.advice());
        } catch (ConversationError const& error) {
            not_answered(error);
        }
        if (seen_.answers > 0) {
            examine_quota();
        }
        examine_answers(visit_, "freshchat", seen_);
    }

private:
    /// Tries the next conversation while one is not found: single ones may have been deleted.
    void ask(calls::Client& client, std::vector<ConversationId> const& conversations)
    {
        for (auto const& id : conversations) {
            if (auto const pages = first_pages(client, id)) {
                token_accepted();
                visit_.diagnosis.passed("freshchat_conversation", "found: " + printable(id));
                examine_page_size(*pages);
                return;
            }
        }
        if (conversations.empty()) {
            first_pages(client, kMadeUp);
        }
        token_accepted();
        if (!conversations.empty()) {
            unknown(conversations);
        }
    }

    struct Pages {
        std::size_t first = 0;    ///< messages on the first page
        bool is_followed = false; ///< by a page with further messages
    };

    /// Nothing when the conversation is not found. Reads the second page only if the first is not full.
    std::optional<Pages> first_pages(calls::Client& client, ConversationId const& id)
    {
        auto const& settings = visit_.settings;
        freshchat::LinkSeen link_seen{false};
        freshchat::ConversationMessages walk{
            client, {settings.freshchat_token, settings.page_delay, {}, false}, link_seen, visit_.clock};
        TextStore texts;
        std::vector<std::size_t> sizes;
        try {
            auto const messages = walk.fetch(id, texts, visit_.stop, [&sizes](std::vector<Message> const& page) {
                sizes.push_back(page.size());
                return sizes.size() == 2 || page.size() >= kPageSize;
            });
            auto const first = sizes.empty() ? 0 : sizes.front();
            return Pages{first, messages.size() > first};
        } catch (ConversationError const& error) {
            if (error.kind() == FetchFailure::not_found) {
                return std::nullopt;
            }
            throw;
        }
    }

    std::optional<long long> days_left() const
    {
        auto const expires = read_jwt(visit_.settings.freshchat_token.reveal()).expires;
        return expires ? std::optional{days_until(visit_, *expires)} : std::nullopt;
    }

    bool expired() const { return days_left().value_or(0) < 0; }

    void token_accepted()
    {
        auto const days = days_left();
        std::string advice;
        if (days && *days < kSoonDays) {
            advice = fmt::format("Make a new API token (Freshchat: Admin → API Tokens){}",
                *days < 0 ? ": this one may be refused at any time." : " before that day.");
        }
        visit_.diagnosis.passed("freshchat_token", days ? "accepted, " + end_text(*days) : "accepted", advice);
    }

    void unknown(std::vector<ConversationId> const& conversations)
    {
        std::vector<std::string> ids;
        for (auto const& id : conversations) {
            ids.push_back(printable(id, 60));
        }
        auto const detail = fmt::format("HTTP 404, not known there: {}", fmt::join(ids, ", "));
        constexpr auto kAdvice = "Another account? Check that FRESHCHAT_DOMAIN and FRESHCHAT_TOKEN are of the one that "
                                 "the conversations came from. If these were deleted there, try others: doctor "
                                 "--conversation-id=ID.";
        if (visit_.settings.on_not_found == OnNotFound::ignore) {
            visit_.diagnosis.passed("freshchat_conversation", detail, kAdvice);
        } else {
            visit_.diagnosis.failed("freshchat_conversation", detail, kAdvice);
        }
    }

    void not_answered(ConversationError const& error)
    {
        if (seen_.last_status == kThrottled) {
            visit_.diagnosis.passed("freshchat_conversation", error.what(),
                "The account's quota is used up at this moment, by whomever: look again in a minute. PACE=adaptive "
                "waits for it.");
        } else if (error.kind() == FetchFailure::forbidden) {
            visit_.diagnosis.failed("freshchat_token", error.what(),
                "Give the token the right to read conversations, or make one that has it (Freshchat: Admin → API "
                "Tokens).");
        } else {
            visit_.diagnosis.failed("freshchat_conversation", error.what(),
                "Check FRESHCHAT_DOMAIN: the API host that is shown beside the API token. If it is right, try again "
                "later.");
        }
    }

    void examine_page_size(Pages const& pages)
    {
        auto const came = quantity(pages.first, "message");
        auto const detail = pages.first >= kPageSize ? came + " a page, as asked for"
            : pages.is_followed ? came + " a page, although 50 were asked for: a run needs more calls"
                                : "not known: the conversation has only " + came;
        visit_.diagnosis.passed("freshchat_page_size", detail);
    }

    void examine_quota()
    {
        auto const whole = [](double number) { return static_cast<long long>(std::min(number, 1e15)); };
        auto const& [total, remaining, reset] = seen_.rates;
        auto const limit = total ? fmt::format("a limit of {} is declared", whole(*total)) : "a limit is declared";
        visit_.diagnosis.passed("freshchat_quota",
            remaining   ? fmt::format("{}, {} calls are left", limit, whole(*remaining))
                : total ? limit
                        : "no limit is declared; PACE=adaptive learns it");
    }

    Visit const& visit_;
    calls::RateGate gate_;
    Observations seen_;
};

} // namespace

void examine_freshchat(Visit const& visit, std::vector<ConversationId> const& conversations)
{
    FreshchatVisit{visit}.run(conversations);
}

} // namespace backfill::app
