#include "app/doctor/run_time.hpp"
#include "app/doctor/visit.hpp"

#include "backfill/calls/client.hpp"
#include "backfill/core/errors.hpp"
#include "backfill/core/jwt.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/freshchat/conversation_messages.hpp"
#include "backfill/freshchat/doubtful_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace backfill::app {
namespace {

constexpr std::size_t kPageSize = 50;
constexpr auto kMadeUp = "00000000-0000-0000-0000-000000000000";
constexpr int kThrottled = 429;

class FreshchatVisit {
public:
    explicit FreshchatVisit(Visit const& visit) : visit_{visit}, gate_{visit.clock}, seen_{visit} {}

    void run(Sample const& sample)
    {
        auto const& settings = visit_.settings;
        if (!examine_way(visit_, {"freshchat", "FRESHCHAT_DOMAIN", settings.freshchat, settings.freshchat_transport})) {
            return;
        }
        calls::Client client{
            "freshchat", visit_.instruments.connections.freshchat(), gate_, kOneTry, visit_.clock, seen_};
        try {
            ask(client, sample.first);
        } catch (FatalError const& error) {
            bool const has_expired = days_left().value_or(0) < 0;
            visit_.failed("freshchat_token", error.found() + (has_expired ? ". It has expired" : ""), error.advice());
        } catch (ConversationError const& error) {
            not_answered(error);
        }
        if (seen_.answers > 0) {
            examine_quota();
        }
        examine_answers(visit_, "freshchat", seen_);
        if (is_known_ && sample.taken > 0) {
            visit_.add(run_time(visit_.settings, sample.taken, seen_.slowest, seen_.rates.total));
        }
    }

private:
    /// Tries the next conversation while one is not found: single ones may have been deleted.
    void ask(calls::Client& client, std::vector<ConversationId> const& conversations)
    {
        std::vector<ConversationId> const made_up{kMadeUp};
        auto const is_there = [&](ConversationId const& id) { return examine_conversation(client, id); };
        if (std::ranges::any_of(conversations.empty() ? made_up : conversations, is_there)) {
            return;
        }
        token_accepted();
        if (!conversations.empty()) {
            unknown(conversations);
        }
    }

    /// Returns whether it is found. Reads the second page only if the first is not full.
    bool examine_conversation(calls::Client& client, ConversationId const& id)
    {
        auto const& settings = visit_.settings;
        freshchat::ConversationMessages walk{client,
            {settings.freshchat_token, settings.page_delay, {other_fields(settings.messages.columns), false}}, account_,
            visit_.clock};
        TextStore texts;
        std::vector<std::size_t> pages;
        std::size_t all = 0;
        try {
            auto const messages = walk.fetch(id, texts, visit_.stop, [&pages](std::vector<Message> const& page) {
                pages.push_back(page.size());
                return pages.size() == 2 || page.size() >= kPageSize;
            });
            all = messages.size();
            fields_.saw(messages);
        } catch (ConversationError const& error) {
            if (error.kind() == ConversationFailure::not_found) {
                return false;
            }
            throw;
        }
        token_accepted();
        if (id == kMadeUp) {
            return true;
        }
        is_known_ = true;
        bool const by_other_id = account_.other_ids.ask_first(id);
        visit_.passed("freshchat_conversation",
            "found: " + printable(id)
                + (by_other_id ? ", by its other id there: a run needs one more call for each such one" : ""));
        auto const first = pages.empty() ? 0 : pages.front();
        auto const came = quantity(first, "message");
        visit_.passed("freshchat_page_size",
            first >= kPageSize ? came + " a page, as asked for"
                : all > first  ? came + " a page, although 50 were asked for: a run needs more calls"
                               : "not known: the conversation has only " + came);
        for (auto const& doubt : fields_.sentences()) {
            visit_.passed("freshchat_fields", doubt + ", as far as this conversation shows",
                "MESSAGE_COLUMNS takes field=column, the field as Freshchat names it.");
        }
        return true;
    }

    std::optional<long long> days_left() const
    {
        return days_until(visit_, read_jwt(visit_.settings.freshchat_token.reveal()).expires);
    }

    void token_accepted()
    {
        auto const days = days_left();
        std::string advice;
        if (days && *days < kSoonDays) {
            advice = fmt::format("Make a new API token (Freshchat: Admin → API Tokens){}",
                *days < 0 ? ": this one may be refused at any time." : " before that day.");
        }
        visit_.passed("freshchat_token", days ? "accepted, " + end_text(*days) : "accepted", advice);
    }

    void unknown(std::vector<ConversationId> const& conversations)
    {
        std::vector<std::string> ids;
        std::ranges::transform(
            conversations, std::back_inserter(ids), [](auto const& id) { return printable(id, 60); });
        auto const detail = fmt::format("HTTP 404, not known there: {}", fmt::join(ids, ", "));
        constexpr auto kAdvice = "Another account? Check that FRESHCHAT_DOMAIN and FRESHCHAT_TOKEN are of the one that "
                                 "the conversations came from. Or is the column `id` none of Freshchat's two ids of a "
                                 "conversation, its UUID and the number in the agent's URL? If these were deleted "
                                 "there, try others: doctor --conversation-id=ID.";
        bool const is_allowed = visit_.settings.on_not_found == OnNotFound::ignore;
        visit_.add(
            {"freshchat_conversation", is_allowed ? Check::Result::warning : Check::Result::failed, detail, kAdvice});
    }

    void not_answered(ConversationError const& error)
    {
        if (seen_.last_status == kThrottled) {
            visit_.passed("freshchat_conversation", error.what(),
                "The account's quota is used up at this moment, by this program or by others: try again in a minute. "
                "PACE=adaptive "
                "waits for it.");
        } else if (error.kind() == ConversationFailure::forbidden) {
            visit_.failed("freshchat_token", error.what(),
                "Give the token the right to read conversations, or make one that has it (Freshchat: Admin → API "
                "Tokens), and check that FRESHCHAT_DOMAIN is the host shown there beside the token.");
        } else {
            visit_.failed("freshchat_conversation", error.what(),
                "Check FRESHCHAT_DOMAIN: the API host that is shown beside the API token. If it is right, try again "
                "later.");
        }
    }

    void examine_quota()
    {
        auto const whole = [](double number) { return static_cast<std::size_t>(std::clamp(number, 0.0, 1e15)); };
        auto const& [total, remaining, reset] = seen_.rates;
        auto const limit = total ? fmt::format("a limit of {} is declared", whole(*total)) : "a limit is declared";
        auto const& settings = visit_.settings;
        bool const learns = settings.pace == Pace::adaptive && settings.quota.max_per_minute == 0;
        visit_.passed("freshchat_quota",
            remaining    ? fmt::format("{}, {} left", limit, quantity(whole(*remaining), "call"))
                : total  ? limit
                : learns ? "no limit is declared: the run learns it"
                         : "no limit is declared");
    }

    Visit const& visit_;
    calls::RateGate gate_;
    freshchat::Account account_;
    freshchat::DoubtfulFields fields_{visit_.settings.messages.columns};
    Observations seen_;
    bool is_known_ = false; ///< one of the conversations was found
};

} // namespace

void examine_freshchat(Visit const& visit, Sample const& sample)
{
    FreshchatVisit{visit}.run(sample);
}

} // namespace backfill::app
