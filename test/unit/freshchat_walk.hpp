#pragma once

#include "support/instant_clock.hpp"
#include "support/scripted_transport.hpp"
#include "support/silent_calls.hpp"
#include "support/test_texts.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/freshchat/conversation_messages.hpp"

#include <catch2/catch.hpp>

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace backfill::test {

using namespace std::chrono_literals;

/// A page with messages numbered [first, last), newest (highest) first; "" for no link.
inline http::Reply page(int last, int first, std::string const& href)
{
    std::string body = R"({"messages":[)";
    for (int n = last - 1; n >= first; --n) {
        body += (n == last - 1 ? "" : ",") + std::string{R"({"id":"m)"} + std::to_string(n) + R"("})";
    }
    return reply(200, body + "]" + (href.empty() ? "}" : R"(,"link":{"href":")" + href + R"(","rel":"extracts"}})"));
}

inline http::Reply page(int last, int first, bool link)
{
    return page(last, first, std::string{link ? "/v2/next" : ""});
}

inline http::Reply wrong_page(int status)
{
    return reply(status, R"({"code":404,"status":"WRONG_PAGE","message":"no"})");
}

struct Walk {
    explicit Walk(std::vector<http::Outcome> outcomes) : script{std::move(outcomes)} {}

    std::vector<Message> fetch(std::string const& id = "conv/1")
    {
        SilentCalls silent;
        calls::RateGate gate{clock};
        calls::Client client{"freshchat", script.transport(), gate, {}, clock, silent};
        freshchat::ConversationMessages messages{client, {Secret{"tok"}, 500ms, {{}, raw}, 1U << 20U}, account, clock};
        return messages.fetch(id, test::texts(), stop.get_token(), enough);
    }

    ConversationFailure failure()
    {
        try {
            fetch();
        } catch (ConversationError const& error) {
            why = error.what();
            return error.kind();
        }
        FAIL("nothing failed");
        return ConversationFailure::other;
    }

    Script script;
    InstantClock clock;
    freshchat::Account account;
    std::stop_source stop;
    freshchat::ConversationMessages::EnoughAt enough;
    std::string why;
    bool raw = false;
};

} // namespace backfill::test
