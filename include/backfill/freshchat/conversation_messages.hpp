#pragma once

#include "backfill/calls/client.hpp"
#include "backfill/core/clock.hpp"
#include "backfill/core/conversation.hpp"
#include "backfill/core/secret.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/freshchat/other_ids.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backfill::freshchat {

struct DecodedPage;

struct WalkOptions {
    Secret token;
    std::chrono::milliseconds page_delay{500};
    MessageExtras extras{};

    /// A conversation with more text fails: it is kept in memory until it is whole, and once more as rows. A million
    /// messages of half a kilobyte fit.
    std::size_t max_bytes = 512U << 20U;
};

/// What a run learns of the account. Shared by all fetchers.
struct Account {
    std::atomic<bool> sends_links{false}; ///< an answer has had a link to more: from then on a page without is the last
    std::atomic<std::size_t> ended_on_links{0}; ///< conversations whose last pages held nothing new and linked on
    OtherIds other_ids;
};

/// Reads conversations from Freshchat v2. One per thread.
///
/// Pages come newest first, hold at most 50 messages, and may be clamped lower by the server, so a short page is not
/// the end. A link means more if its page is greater than the one asked for, or not named. The walk stops on an empty
/// page without such a link, on the third empty one in a row, on status WRONG_PAGE after page 1, and on two pages in a
/// row whose messages were all seen. A page without a link is the last once links were seen in this run; before that
/// only if page 1 held fewer than 20 messages, or a later page fewer than page 1. The server's link is never followed:
/// pages are counted here, so the token goes to no other host. (Order, cap and link: several independent public
/// clients agree. The end of a walk without links: not documented.)
///
/// A conversation that is not found is looked for by the other id that Freshchat has for it.
class ConversationMessages {
public:
    ConversationMessages(calls::Client& client, WalkOptions options, Account& account, Clock& clock);

    /// Sees all messages of a page; returns true when older ones need not be fetched.
    using EnoughAt = std::function<bool(std::vector<Message> const& page)>;

    /// Returns all messages of one conversation, newest first, each once (the first copy wins); with `enough`, only up
    /// to the page that satisfies it. Throws ConversationError, FatalError when the token is refused, Stopped; never
    /// returns a part. The messages look into `texts`.
    std::vector<Message> fetch(
        ConversationId const& id, TextStore& texts, std::stop_token const& stop, EnoughAt const& enough = {});

private:
    /// One conversation on its way.
    struct Task {
        TextStore& texts;
        std::stop_token const& stop;
        EnoughAt const& enough;
    };
    void expect_to_fit(std::size_t bytes, int page) const; ///< throws where they are too many
    std::vector<Message> walk(ConversationId const& id, Task const& task);
    std::optional<std::vector<Message>> walk_by_other_id(ConversationId const& id, Task const& task);
    std::optional<IdPair> ask_for_ids(ConversationId const& id, std::stop_token const& stop);
    DecodedPage fetch_page(ConversationId const& id, int number, Task const& task);
    http::Request request(std::string target) const;
    void pause(std::stop_token const& stop);

    calls::Client& client_;
    WalkOptions options_;
    Account& account_;
    Clock& clock_;
};

} // namespace backfill::freshchat
