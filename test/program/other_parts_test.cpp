// Parts of messages that are no text, over a real table.

#include "program/tables.hpp"
#include "support/json.hpp"
#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/scratch_file.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace backfill::test;

namespace {

std::string message(int second, std::string const& parts)
{
    auto const number = std::to_string(second);
    return R"({"id":"m)" + number + R"(","actor_type":"user","created_time":"2025-06-01T00:00:0)" + number
        + R"(.000Z","message_parts":[)" + parts + "]}";
}

/// Two that hold no text, one with a text beside an image, one with a text alone and one with no parts.
Conversations five_messages()
{
    return {{"c",
        {message(5, ""), message(4, R"({"text":{"content":"alone"}})"),
            message(3, R"({"text":{"content":"and this"}},{"image":{"url":"https://x/y.png"}})"),
            message(2, R"({"quick_reply_button":{"label":"Later","custom_reply_text":"I will \u0007pay"}})"),
            message(1, R"({"email":{"subject":"Re: \ud800","content":"<p>Body</p>"}})")}}};
}

std::vector<std::string> const kPlain{"m1 ", "m2 ", "m3 and this", "m4 alone", "m5 "};
std::vector<std::string> const kDescribed{"m1 Re: \xEF\xBF\xBD <p>Body</p>", "m2 [chose: I will \x07pay]",
    "m3 and this [image: https://x/y.png]", "m4 alone", "m5 "};

} // namespace

TEST_CASE("parts that are no text are counted, become words where they are wanted, and in stored rows by an update")
{
    store_only({"c"});
    Simulator const simulator{five_messages()};
    auto const settings = settings_for(simulator);
    constexpr auto* kTold = "Stored without text: 2 rows, made only of images, buttons, e-mails or the "
                            "like. OTHER_PARTS=describe puts such parts into words; in rows that are stored, with "
                            "ON_CONFLICT=update.\n";

    auto const dry = run_program({"dry-run"}, settings);
    CHECK(dry.code == 0);
    CHECK(dry.err.find("[Dry run] To be stored without text: 2 rows, made only of ") != std::string::npos);
    ScratchFile const summary{""};
    auto const plain = run_program({"run", "--summary-file", summary.path()}, settings);
    CHECK(plain.code == 0);
    CHECK(plain.err == std::string{"[Backfill] "} + kTold);
    CHECK(stored_texts() == kPlain);
    CHECK(parsed(content_of(summary.path()))->getObject("messages")->getValue<int>("without_text") == 2);

    auto const again = run_program({"run", "--other-parts=describe"}, settings);
    CHECK(again.code == 0);
    CHECK(again.err == "");
    CHECK(stored_texts() == kPlain);

    auto const verified = run_program({"verify", "--other-parts=describe"}, settings);
    CHECK(verified.code == 0);
    CHECK(verified.err == "");

    auto const updated = run_program({"run"}, with(settings, {{"OTHER_PARTS", "describe"}, {"ON_CONFLICT", "update"}}));
    CHECK(updated.code == 0);
    CHECK(updated.err == "");
    CHECK(summary_of(updated.out).updated == 5);
    CHECK(stored_texts() == kDescribed);
}

TEST_CASE("the number of rows without text is an event of the JSON log")
{
    store_only({"c"});
    Simulator const simulator{five_messages()};
    auto const ended = run_program({"run", "--log-format=json"}, settings_for(simulator));
    auto const lines = lines_of(ended.err);
    REQUIRE(lines.size() == 1);
    auto const event = parsed(lines.front());
    CHECK(event->getValue<std::string>("event") == "messages_without_text");
    CHECK(event->getValue<std::string>("level") == "info");
    CHECK(event->getValue<int>("messages") == 2);
    CHECK(stored_texts() == kPlain);

    store_only({"c"});
    auto const described = run_program({"run", "--log-format=json", "--other-parts=describe"}, settings_for(simulator));
    CHECK(described.err == "");
    CHECK(stored_texts() == kDescribed);
}
