// Conversations that Freshchat knows by the other one of their two ids.

#include "support/instant_clock.hpp"
#include "support/scripted_transport.hpp"
#include "support/silent_calls.hpp"
#include "support/test_texts.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/freshchat/conversation_messages.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace backfill;
using namespace backfill::test;
using namespace std::chrono_literals;

namespace {

http::Reply names(std::string const& id, std::string const& number)
{
    return reply(200, R"({"conversation_id":")" + id + R"(","conversation_internal_id":)" + number + "}");
}

/// An account that holds the conversations "u1" alias 11, "u2" alias 12, …, and knows them by the ids that begin with
/// `known`.
struct TwoIds {
    explicit TwoIds(std::string known_ids) : known{std::move(known_ids)} {}

    http::Outcome answer(http::Request const& request)
    {
        auto const target = request.target.substr(std::string_view{"/conversations/"}.size());
        asked.push_back(target.substr(0, target.find('?')));
        auto const slash = target.find('/');
        auto const id = target.substr(0, slash);
        auto const serial = id.substr(1);
        bool const is_there = id.size() > 1 && (id[0] == 'u' || id[0] == '1');
        if (slash == std::string::npos) {
            return conversation ? *conversation
                : is_there      ? names("u" + serial, "1" + serial)
                                : http::Outcome{reply(404)};
        }
        return is_there && id.starts_with(known) ? reply(200, R"({"messages":[{"id":"m)" + serial + R"("}]})")
                                                 : reply(404);
    }

    std::vector<Message> fetch(std::string const& id)
    {
        asked.clear();
        SilentCalls silent;
        calls::RateGate gate{clock};
        calls::Client client{"freshchat", script.transport(), gate, {}, clock, silent};
        freshchat::ConversationMessages messages{client, {Secret{"tok"}, 500ms}, account, clock};
        return messages.fetch(id, test::texts(), stop.get_token());
    }

    bool finds(std::string const& id)
    {
        auto const messages = fetch(id);
        return messages.size() == 1 && messages[0].id == "m" + id.substr(1);
    }

    /// Also the number of calls.
    std::pair<ConversationFailure, std::size_t> failure(std::string const& id)
    {
        try {
            fetch(id);
        } catch (ConversationError const& error) {
            return {error.kind(), asked.size()};
        }
        FAIL("nothing failed");
        return {};
    }

    std::string known;
    std::optional<http::Outcome> conversation; ///< in place of its ids
    std::vector<std::string> asked;
    Script script{[this](auto const& request) { return answer(request); }};
    InstantClock clock;
    freshchat::Account account;
    std::stop_source stop;
};

using Asked = std::vector<std::string>;
using NotFound = std::pair<ConversationFailure, std::size_t>;

NotFound not_found_after(std::size_t calls)
{
    return {ConversationFailure::not_found, calls};
}

} // namespace

TEST_CASE("a conversation that is not found is read by its other id, the next ones for one call more")
{
    auto const [known, of_table] = GENERATE(table<std::string, std::string>({{"u", "1"}, {"1", "u"}}));
    TwoIds freshchat{known};
    CHECK(freshchat.finds(of_table + "1"));
    CHECK(freshchat.asked == Asked{of_table + "1/messages", of_table + "1", known + "1/messages"});
    CHECK(freshchat.clock.naps() == std::vector<Clock::Duration>{500ms, 500ms});
    CHECK(freshchat.finds(of_table + "2"));
    CHECK(freshchat.asked == Asked{of_table + "2", known + "2/messages"});
    CHECK(freshchat.account.other_ids.found_as().empty()); // the table holds no such ids, as far as is known
    CHECK(freshchat.finds(known + "3"));                   // the other kind needs no asking
    CHECK(freshchat.asked == Asked{known + "3/messages"});
    CHECK(freshchat.account.other_ids.found_as().size() == 2);
}

TEST_CASE("after three conversations that it did not help nobody asks again")
{
    TwoIds freshchat{"u"};
    CHECK(freshchat.failure("x1") == not_found_after(2));
    CHECK(freshchat.finds("u1"));
    CHECK(freshchat.failure("x2") == not_found_after(2));
    CHECK(freshchat.failure("x3") == not_found_after(2));
    CHECK(freshchat.failure("x4") == not_found_after(1));
    CHECK(freshchat.finds("12")); // numbers have not been tried in vain
    CHECK(freshchat.failure("x5") == not_found_after(1));
}

TEST_CASE("deleted ones do not end the asking where it has helped")
{
    bool const is_rare = GENERATE(false, true);
    TwoIds freshchat{"1"};
    if (is_rare) {
        CHECK(freshchat.finds("11"));
        CHECK(freshchat.finds("12"));
    }
    freshchat.known = "u";
    CHECK(freshchat.finds("13"));
    for (auto const* id : {"21", "22", "23", "24"}) {
        CHECK(freshchat.failure(id) == not_found_after(2));
    }
    CHECK(freshchat.finds("14"));
    CHECK(freshchat.asked.size() == (is_rare ? 3 : 2));
}

TEST_CASE("a question that is open when others did not help keeps the asking open, one from afterwards does not")
{
    freshchat::OtherIds ids;
    bool const helps = GENERATE(false, true);
    {
        freshchat::OtherIds::Question const early{ids, "11"};
        for (auto const* id : {"21", "22", "23"}) {
            ids.did_not_help(id);
        }
        CHECK(ids.may_help("12"));
        helps ? ids.helped("11", "u1") : ids.did_not_help("11");
    }
    CHECK(ids.may_help("12") == helps);
    freshchat::OtherIds::Question const late{ids, "12"};
    CHECK(ids.may_help("13") == helps);
}

TEST_CASE("one odd conversation does not make all others dearer, and a change of habit is learnt")
{
    TwoIds freshchat{"u"};
    auto const calls_for = [&](std::string const& id) {
        CHECK(freshchat.finds(id));
        return freshchat.asked.size();
    };
    for (auto const* id : {"u1", "u2", "u3", "u4", "u5"}) {
        CHECK(calls_for(id) == 1);
    }
    freshchat.known = "1";
    CHECK(calls_for("u6") == 3);
    freshchat.known = "u";
    CHECK(calls_for("u7") == 1);
    freshchat.known = "1";
    for (auto const* id : {"u8", "u8", "u8", "u8"}) {
        CHECK(calls_for(id) == 3);
    }
    CHECK(calls_for("u9") == 2);
    freshchat.known = "u";
    CHECK(calls_for("u1") == 3); // asked, tried by number, found as it is
}

TEST_CASE("an answer that names no other id leaves the conversation not found")
{
    auto const answer = GENERATE(names("x1", "null"), names("x1", "\"\""), names("..", "\"\""), reply(200, "[]"),
        reply(200, "<html>"), reply(403), reply(400), reply(302));
    TwoIds freshchat{"u"};
    freshchat.conversation = answer;
    CHECK(freshchat.failure("x1") == not_found_after(2));
}

TEST_CASE("of two other ids the one that worked is tried first from then on")
{
    TwoIds freshchat{"1"};
    freshchat.conversation = names("u1", "11");
    CHECK(freshchat.fetch("X1").size() == 1);
    CHECK(freshchat.asked == Asked{"X1/messages", "X1", "u1/messages", "11/messages"});
    CHECK(freshchat.fetch("X1").size() == 1);
    CHECK(freshchat.asked == Asked{"X1", "11/messages"});
    CHECK(freshchat.account.other_ids.twins().empty());
    CHECK(freshchat.fetch("Y1").size() == 1);
    CHECK(freshchat.account.other_ids.twins() == std::vector{freshchat::IdPair{"X1", "Y1"}});
}

TEST_CASE("the question for ids is a call as any other: faults that may pass are tried again, and then are the failure")
{
    auto const [answer, kind] = GENERATE(table<http::Outcome, ConversationFailure>({
        {reply(503), ConversationFailure::server},
        {reply(200, "{\"conversation_id\":"), ConversationFailure::server},
        {reply(429), ConversationFailure::throttled},
        {no_reply(http::TransportError::Kind::timeout), ConversationFailure::network},
    }));
    TwoIds freshchat{"u"};
    freshchat.conversation = answer;
    for (auto const* id : {"x1", "x2", "x3"}) {
        CHECK(freshchat.failure(id) == std::pair{kind, std::size_t{5}});
    }
    bool const says_nothing = kind == ConversationFailure::server; // and costs seven seconds each time
    CHECK(freshchat.failure("x4") == (says_nothing ? not_found_after(1) : std::pair{kind, std::size_t{5}}));
}

TEST_CASE("a token that is refused then is as fatal, and a stop ends the wait")
{
    TwoIds freshchat{"u"};
    freshchat.conversation = reply(401);
    CHECK_THROWS_AS(freshchat.fetch("11"), FatalError);
    freshchat.clock.on_nap([&](auto) { freshchat.stop.request_stop(); });
    CHECK_THROWS_AS(freshchat.fetch("11"), Stopped);
    CHECK(freshchat.asked.size() == 1);
}
