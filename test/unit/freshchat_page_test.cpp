#include "freshchat/page.hpp"

#include "support/json.hpp"
#include "support/scratch_file.hpp"
#include "support/test_dir.hpp"
#include "support/test_texts.hpp"

#include "backfill/rows/clean.hpp"

#include <catch2/catch.hpp>

using namespace backfill;
using namespace backfill::freshchat;
using namespace std::string_literals;

namespace {

std::string fixture(std::string const& name)
{
    return test::content_of(test::test_dir() + "/fixtures/freshchat/" + name);
}

std::vector<std::string> const kNoFields;

DecodedPage page(std::string const& body, std::vector<std::string> const& fields = kNoFields, bool raw = false)
{
    auto decoded = decode_page(body, {fields, raw}, test::texts());
    REQUIRE(decoded);
    return *decoded;
}

Message only_message(std::string const& json, std::vector<std::string> const& fields = kNoFields, bool raw = false)
{
    auto decoded = page(R"({"messages":[)" + json + "]}", fields, raw);
    REQUIRE(decoded.messages.size() == 1);
    return decoded.messages.front();
}

} // namespace

TEST_CASE("the recorded pages become exactly the expected rows")
{
    rows::CleanRules const keep_all{
        {{"id", "id"}, {"conversationid", "conversationid"}, {"created_time", "created_time"}}, {}, {}};
    rows::CleanRules const usual{keep_all.columns, {"system"}, {}};
    std::vector<Message> messages;
    for (auto const* name :
        {"01_messages_page1_all_parts.json", "02_messages_page2_last.json", "03_messages_quirks.json"}) {
        for (auto& message : page(fixture(name)).messages) {
            messages.push_back(std::move(message));
        }
    }
    std::ifstream expected{test::test_dir() + "/fixtures/freshchat/expected_rows.jsonl"};
    std::size_t number = 0;
    for (std::string line; std::getline(expected, line); ++number) {
        auto const row = test::parsed(line);
        REQUIRE(number < messages.size());
        auto const& message = messages[number];
        CAPTURE(number, message.id);
        CHECK(message.id == row->getValue<std::string>("id"));
        CHECK(message.actor_type == row->getValue<std::string>("actor_type"));
        CHECK(rows::clean_text(message.part_texts) == row->getValue<std::string>("message_parts_clean"));
        CHECK(std::holds_alternative<Row>(rows::clean(message, "c", keep_all, test::texts())));
        CHECK(std::holds_alternative<Row>(rows::clean(message, "c", usual, test::texts()))
            == row->getValue<bool>("kept"));
    }
    CHECK(number == 43);
    CHECK(messages.size() == 43);
}

TEST_CASE("a link counts only with an address in it, and leads to the page that it names")
{
    auto const links_to = [](std::string const& link) {
        return page(R"({"messages":[],"link":)" + link + "}").links_to;
    };
    CHECK(page(fixture("01_messages_page1_all_parts.json")).links_to == 2);
    CHECK(page(fixture("02_messages_page2_last.json")).links_to == 0);
    CHECK(links_to(R"({"href":"/v2/x"})") == DecodedPage::kSomePage);
    CHECK(links_to(R"({"href":"/v2/x?items_per_page=50&page=12"})") == 12);
    CHECK(links_to(R"({"href":"/v2/x?page=3\u0026from_time=2025"})") == 3);
    for (auto const* none : {"null", "{}", R"({"href":""})", R"({"href":null})", R"("/v2/x")"}) {
        CHECK(links_to(none) == 0);
    }
}

TEST_CASE("a conversation names its two ids, numbers with all their digits")
{
    CHECK(decode_ids(fixture("04_conversation_get.json"))
        == std::pair{"8d5ed80f-019b-5540-b9df-2ec6d5f9bb5c"s, "1024900000001337"s});
    CHECK(decode_ids(R"({"conversation_internal_id":"9007199254740993"})") == std::pair{""s, "9007199254740993"s});
    CHECK(decode_ids(R"({"conversation_id":true,"conversation_internal_id":{"a":1}})") == std::pair{""s, ""s});
    CHECK_FALSE(decode_ids("<html>"));
    CHECK_FALSE(decode_ids(R"({"conversation_id":"8d5e)"));
}

TEST_CASE("what is no page of messages does not pass for an empty one")
{
    auto const body = GENERATE(as<std::string>{}, "", "{}", "[]", "null", "{\"messages\":null}", "{\"messages\":{}}",
        "{\"messages\":[", "<html>", "{\"messages\":[{\"id\":\"a\"}", "{\"success\":false}",
        "{\"messages\":[]} trailing");
    CHECK_FALSE(decode_page(body, {}, test::texts()));
}

TEST_CASE("ids are taken from id, else uuid, and numbers keep all their digits")
{
    CHECK(only_message(R"({"id":"a","uuid":"b"})").id == "a");
    CHECK(only_message(R"({"id":"","uuid":"b"})").id == "b");
    CHECK(only_message(R"({"id":null,"uuid":"b"})").id == "b");
    CHECK(only_message(R"({"id":1024900000001337})").id == "1024900000001337");
    CHECK(only_message(R"({"id":18446744073709551617})").id == "18446744073709551617");
    CHECK(only_message(R"({"id":-7})").id == "-7");
    CHECK(only_message(R"({"id":{"x":1}})").id.empty());
    auto const two = page(R"({"messages":[{"uuid":"a"},{}]})").messages;
    CHECK(two.at(1).id.empty());
    CHECK(only_message(R"({"id":true})").id.empty());
}

TEST_CASE("an element that is no message is kept as one without an id, known by its content")
{
    CHECK(only_message("null").id.empty());
    CHECK(only_message("\"text\"").raw == "\"text\"");
    CHECK(only_message(R"({"actor_type":"user"})").raw == R"({"actor_type":"user"})");
}

TEST_CASE("each part gives the first non-empty string of text.content, content, text, the part itself")
{
    auto const text = [](std::string const& part) {
        return rows::clean_text(only_message(R"({"id":"a","message_parts":)" + part + "}").part_texts);
    };
    CHECK(text(R"([{"text":{"content":"a"},"content":"b"}])") == "a");
    CHECK(text(R"([{"text":{"content":""},"content":"b"}])") == "b");
    CHECK(text(R"([{"text":"c"}])") == "c");
    CHECK(text(R"([{"text":{"content":7}}])").empty());
    CHECK(text(R"(["d",{"content":"e"}])") == "d e");
    CHECK(text(R"("lone")") == "lone");
    CHECK(text(R"({"content":"lone object"})") == "lone object");
    CHECK(text("null").empty());
    CHECK(text("[[\"nested\"]]").empty());
    CHECK(text("5").empty());
    CHECK(text(R"(["first"],"message_parts":["last"])") == "last");
}

TEST_CASE("fields and raw are kept as JSON of the same value")
{
    std::vector<std::string> const fields{"meta", "flag", "none", "big", "real"};
    auto const message = only_message(
        R"({"id":"a","meta":{"k":[1,"x",null]},"flag":true,"big":9007199254740993,"real":1.5e3})", fields, true);
    CHECK(message.fields[0].second == R"({"k":[1,"x",null]})");
    CHECK(message.fields[1].second == "true");
    CHECK(message.fields[2].second == "null");
    CHECK(message.fields[3].second == "9007199254740993");
    CHECK(message.fields[4].second == "1.5e3");
    CHECK(message.raw == R"({"id":"a","meta":{"k":[1,"x",null]},"flag":true,"big":9007199254740993,"real":1.5e3})");
}

TEST_CASE("one broken text does not cost the page")
{
    auto const text = [](std::string const& content) {
        return only_message("{\"id\":\"a\",\"message_parts\":[{\"content\":\"" + content + "\"}]}").part_texts.at(0);
    };
    CHECK(text("a\\u0000b\0c"s) == "abc");
    CHECK(text(R"(x\ud800y)") == "x\uFFFDy");
    CHECK(text(R"(x\udc00\ud83d\ude00)") == "x\uFFFD😀");
    CHECK(text(R"(\ud83d\ud83d\ude00)") == "\uFFFD😀");
    CHECK(text(R"(\\u0000 \\\\ud800)") == "\\u0000 \\\\ud800");
    CHECK(text("a\xFF\xC3z") == "a\uFFFD\uFFFDz");
    CHECK(text("a\xED\xA0\x80z") == "a\uFFFD\uFFFD\uFFFDz");
    CHECK(text("line\nbreak\ttab\x01") == "line\nbreak\ttab\x01");
    CHECK(text(R"(\"quoted\" \/ \u00e9)") == "\"quoted\" / é");
}

TEST_CASE("error answers give their machine-readable status")
{
    CHECK(error_status(R"({"code":404,"status":"WRONG_PAGE","message":"m"})") == "WRONG_PAGE");
    CHECK(error_status(R"({"status":404})").empty());
    CHECK(error_status("<html>").empty());
    CHECK(error_status("").empty());
}
