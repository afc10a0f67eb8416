#include "backfill/freshchat/doubtful_fields.hpp"

#include <catch2/catch.hpp>

using namespace backfill;

namespace {

Message with(std::string const& field, std::string const& json)
{
    Message message;
    message.fields.emplace_back(field, json);
    return message;
}

} // namespace

TEST_CASE("a mapped field that no message has a value for is told with its column")
{
    Columns const columns{{"id", "id"}, {"conversationid", "conversationid"}, {"body", "message_parts"}};
    freshchat::DoubtfulFields fields{columns};
    CHECK(fields.sentences().empty()); // nothing is known before a message
    fields.saw({});
    CHECK(fields.sentences().empty());
    fields.saw({with("body", "null"), with("body", "null")});
    CHECK(fields.sentences()
        == std::vector<std::string>{R"(no message has a field "body", so the column "message_parts" stays empty)"});
    fields.saw({with("body", "null"), with("body", "7")});
    CHECK(fields.sentences().empty());
}

TEST_CASE("a field that Freshchat is known to send may be empty in every message")
{
    Columns const columns{{"id", "id"}, {"conversationid", "c"}, {"meta_data", "meta"}, {"parts", "body"}};
    freshchat::DoubtfulFields fields{columns};
    fields.saw({with("meta_data", "null")});
    CHECK(fields.sentences().empty());
}
