#include "support/supabase_side.hpp"

#include "supabase/keyset.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::id_lists;

std::vector<ConversationId> all_of(std::vector<supabase::IdList> const& lists)
{
    std::vector<ConversationId> ids;
    for (auto const& list : lists) {
        ids.insert(ids.end(), list.ids.begin(), list.ids.end());
    }
    return ids;
}

TEST_CASE("No id list is longer than 50 ids, and as few lists are made as that allows")
{
    auto const [count, expected] = GENERATE(
        table<std::size_t, std::size_t>({{0, 0}, {1, 1}, {49, 1}, {50, 1}, {51, 2}, {100, 2}, {101, 3}, {120, 3}}));
    std::vector<ConversationId> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(numbered("6f1c2f0e-8a51-4ba5-9d62-00000000", i)); // as long as a UUID
    }
    auto const lists = id_lists(ids);
    CHECK(lists.size() == expected);
    CHECK(all_of(lists) == ids);
    for (auto const& list : lists) {
        CHECK(list.ids.size() <= 50);
    }
}

TEST_CASE("No id list makes a URL whose echo fills a proxy's 4 kB, and none is empty")
{
    auto const length = GENERATE(70, 100, 300, 1000, 3500);
    auto const letter = GENERATE('a', ' ', '"'); // the quote takes two places, each of them percent-encoded
    std::vector<ConversationId> ids;
    for (std::size_t i = 0; i < 60; ++i) {
        ids.push_back(numbered(std::string(static_cast<std::size_t>(length), letter), i));
    }
    auto const lists = id_lists(ids);
    CHECK(all_of(lists) == ids);
    for (auto const& list : lists) {
        REQUIRE_FALSE(list.ids.empty());
        CHECK((list.text.size() + 2 * (list.ids.size() - 1) <= 2800 || // each comma comes back as %2C
            list.ids.size() == 1));
    }
}

TEST_CASE("A byte beyond ASCII takes six places in the echo, where it comes back as two letters")
{
    // "%22", ninety-nine times "%C3%A9" as "%C3%83%C2%A9", "%22", and a comma: 1197 of the 2800.
    std::string id;
    for (int i = 0; i < 99; ++i) {
        id += "é";
    }
    CHECK(id_lists(std::vector<ConversationId>{id, id}).size() == 1);
    std::string const alone(2797, 'a');
    CHECK(id_lists(std::vector<ConversationId>{alone, id, id, std::string(403, 'a')}).size() == 2);
    CHECK(id_lists(std::vector<ConversationId>{alone, id, id, std::string(404, 'a')}).size() == 3);
}

TEST_CASE("An id list is what PostgREST reads between the parentheses of in")
{
    auto const lists = id_lists(std::vector<ConversationId>{"plain", "with,comma", "q\"uote", "back\\slash"});
    REQUIRE(lists.size() == 1);
    CHECK(lists[0].text == "plain,%22with%2Ccomma%22,%22q%5C%22uote%22,%22back%5C%5Cslash%22");
}

} // namespace
} // namespace backfill::test
