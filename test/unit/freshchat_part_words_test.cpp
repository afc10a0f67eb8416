// Parts that are no text, in words: OTHER_PARTS=describe.

#include "freshchat/page.hpp"

#include "support/scratch_file.hpp"
#include "support/test_dir.hpp"
#include "support/test_texts.hpp"

#include "backfill/rows/clean.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace backfill;

namespace {

std::vector<Message> messages_in(std::string const& body, OtherParts other_parts)
{
    auto page = freshchat::decode_page(body, {.other_parts = other_parts}, test::texts());
    REQUIRE(page);
    return std::move(page->messages);
}

/// The text of a message with these parts.
std::string described(std::string const& parts)
{
    auto const messages =
        messages_in(R"({"messages":[{"id":"m","message_parts":)" + parts + "}]}", OtherParts::describe);
    return rows::clean_text(messages.at(0).part_texts);
}

} // namespace

TEST_CASE("each part of the recorded pages that is no text becomes words, and nothing else changes")
{
    std::vector<std::string> words;
    for (auto const* name :
        {"01_messages_page1_all_parts.json", "02_messages_page2_last.json", "03_messages_quirks.json"}) {
        auto const body = test::content_of(test::test_dir() + "/fixtures/freshchat/" + name);
        auto const plain = messages_in(body, OtherParts::none);
        auto const with_words = messages_in(body, OtherParts::describe);
        REQUIRE(plain.size() == with_words.size());
        for (std::size_t i = 0; i < plain.size(); ++i) {
            auto const text = rows::clean_text(with_words[i].part_texts);
            bool const differs = rows::clean_text(plain[i].part_texts) != text;
            CAPTURE(name, plain[i].id, text);
            CHECK(plain[i].has_other_parts == differs);
            CHECK(with_words[i].has_other_parts == differs);
            if (differs) {
                words.push_back(text);
            }
        }
    }
    CHECK(words
        == std::vector<std::string>{"[text_input: Your vehicle number] Format: KA01AB1234",
            "[attachment_input: Upload your ID]", "[reference: Article: How to swap a battery]",
            "Re: [#1337] scooter <div>Please see my mail below.<br></div>",
            "[button: Pay now] [chose: I will pay later]", "[audio: https://cdn.example.com/a/voice.ogg]",
            "[video: https://cdn.example.com/v/clip.mp4]", "and the invoice [file: invoice №42 (final).pdf]",
            "[image: https://fc-use1-00-pics-bkt-00.s3.amazonaws.com/0a1b2c/f_marketingpicFull/u_99/"
            "img_1762161444.jpeg]",
            "[button: Station A]",
            "[image: https://cdn.example.com/img/battery-a.png] Swap station A Open 08:00–22:00 [button: Choose]"});
}

TEST_CASE("a part is called by what says most of it, the next best where that is blank, and its type where nothing is")
{
    auto const [part, words] = GENERATE(table<std::string, std::string>({
        {R"({"quick_reply_button":{"label":"🔋 Battery","custom_reply_text":" Battery "}})", "[chose: Battery]"},
        {R"({"quick_reply_button":{"label":"Later","custom_reply_text":"  "}})", "[chose: Later]"},
        {R"({"quick_reply_button":{"payload":"x"}})", "[chose]"},
        {R"({"url_button":{"url":"https://x"}})", "[button: https://x]"},
        {R"({"callback":{"payload":"x"}})", "[button]"},
        {R"({"file":{"url":"https://x/y","content":"AAAA"}})", "[file: https://x/y]"},
        {R"({"file":{"name":null}})", "[file]"},
        {R"({"image":{"url":"https://x","name":"a.png"}})", "[image: https://x]"},
        {R"({"image":{}})", "[image]"},
        {R"({"reference":{"label":"Article"}})", "[reference: Article]"},
        {R"({"email":{"subject":"Re: it","content":""}})", "Re: it"},
        {R"({"email":{"content":"<p>Body</p>"}})", "<p>Body</p>"},
        {R"({"email":{}})", "[email]"},
        {R"({"template_content":{"type":"carousel","sections":[]}})", "[template_content]"},
        {R"({"collection":{"sub_parts":[{"text":{"content":"Which?"}},{"quick_reply_button":{"label":"This"}},{}]}})",
            "Which? [chose: This]"},
    }));
    CAPTURE(part);
    CHECK(described("[" + part + "]") == words);
    CHECK(described(part) == words); // a lone object counts as one part
    CHECK(described(R"(["Look: ",)" + part + R"(,{"text":{"content":"there"}}])") == "Look: " + words + " there");
}

TEST_CASE("an unknown type is told by its text or its name, and by its key alone only if that can be nothing else")
{
    std::string const long_key(41, 'k');
    auto const [part, words] = GENERATE_COPY(table<std::string, std::string>({
        {R"({"help_text":{"content":"Format: KA"}})", "Format: KA"},
        {R"({"note":{"text":"direct"}})", "direct"},
        {R"({"poll":{"title":"Which?","label":" "}})", "[poll: Which?]"},
        {R"({"location":{"latitude":1.5,"longitude":2}})", "[location]"},
        {R"({"attachments":[{"url":"x"}]})", "[attachments]"},
        {R"({"location":{"latitude":1},"meta":{}})", ""}, // which one is the type?
        {R"({"image":{"url":"u"},"meta":{"a":1}})", "[image: u]"},
        {R"({"not a word":{"a":1}})", ""},
        {R"({"not a word":{"label":"x"}})", ""},
        {R"({"":{"a":1}})", ""},
        {R"({"schlüssel":{"a":1}})", ""},
        {R"({"-x":{"a":1}})", ""},
        {"{\"" + long_key + "\":{}}", ""},
        {"{\"" + long_key.substr(1) + "\":{}}", "[" + long_key.substr(1) + "]"},
        {R"({"flag":true})", ""},
        {R"({"count":5})", ""},
        {R"({"text":{}})", ""},
        {R"({"content":{}})", ""},
        {R"({})", ""},
        {R"({"quick-form":{"a":1}})", "[quick-form]"},
        {R"({"text":{"name":"x"},"image":{"url":"u"}})", "[image: u]"},
        {R"({"email":{"subject":" ","content":"\t"}})", "[email]"},
        {R"([{"image":{"url":"u"}}])", ""}, // a list is no part
        {R"({"collection":{"sub_parts":[[{"text":{"content":"x"}}]]}})", "[collection]"},
    }));
    CAPTURE(part);
    CHECK(described("[" + part + "]") == words);
}

TEST_CASE("a message counts as one of other parts only where a part is an object that holds something")
{
    auto const [part, holds_more] = GENERATE(table<std::string, bool>(
        {{R"({"image":{}})", true}, {R"({"text":{}})", false}, {R"([{"image":{"url":"u"}}])", false}, {"5", false}}));
    auto const body = R"({"messages":[{"id":"m","message_parts":[)" + part + "]}]}";
    CHECK(messages_in(body, OtherParts::none).at(0).has_other_parts == holds_more);
}

TEST_CASE("a part with a text stays that text")
{
    CHECK(
        described(
            R"([{"text":{"content":"caption"},"image":{"url":"u"}},{"content":"c","meta":{}},{"text":{"content":" "},"image":{}}])")
        == "caption c");
}

TEST_CASE("what cannot be stored is mended in words as in texts, and nesting has its bounds")
{
    CHECK(described(R"([{"url_button":{"label":"a\u0000b\ud800\u001bc"}}])")
        == "[button: ab\xEF\xBF\xBD\x1B"
           "c]");
    CHECK(described("[{\"file\":{\"name\":\"\xFF\"}}]") == "[file: \xEF\xBF\xBD]");
    std::string deep;
    std::string ends;
    for (int i = 0; i < 38; ++i) { // three levels each, of 128
        deep += R"({"collection":{"sub_parts":[)";
        ends += "]}}";
    }
    CHECK(described("[" + deep + R"({"image":{"url":"u"}})" + ends + "]") == "[image: u]");
}
