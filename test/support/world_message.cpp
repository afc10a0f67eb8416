#include "support/world_message.hpp"

#include "support/world_text.hpp"

#include <fmt/chrono.h>

#include <array>
#include <cmath>
#include <ctime>
#include <string_view>
#include <utility>

namespace backfill::test {
namespace {

// Purposes of Dice; messages use their position.
constexpr std::uint64_t kConversationDice = ~0ULL;

constexpr std::int64_t kFirstDay = 1'688'169'600; // 2023-07-01T00:00:00Z
constexpr std::int64_t kTwoYears = 63'072'000;
constexpr std::int64_t kTieTime = 1'742'040'000; // 2025-03-15T12:00:00Z
constexpr std::int64_t kMessageGap = 37;         // seconds

/// Skewed as real ones are; adds up so that 85 % of the mean is 9.6. One in twenty is at an edge of a page.
std::size_t typical_length(Dice& dice)
{
    constexpr auto kLengths =
        std::to_array<std::size_t>({0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 9, 11, 12, 14, 17, 22, 35});
    constexpr auto kEdges = std::to_array<std::size_t>({20, 21, 49, 50, 51, 60, 80, 99, 100, 101});
    auto const quantile = dice.below(kLengths.size() + 1);
    return quantile < kLengths.size() ? kLengths[quantile] : kEdges[dice.below(kEdges.size())];
}

struct MessageTime {
    std::string received;
    std::string expected;
};

MessageTime make_time(WorldOptions const& options, Talk const& talk, std::size_t index, std::size_t position)
{
    // Some messages share the moment of the next older one, text and all.
    Dice tie{options.seed, index, position * 4 + 1};
    if (tie.one_in(16) && position + 1 < talk.messages) {
        ++position;
    }
    Dice dice{options.seed, index, position * 4 + 2};
    auto const slot = static_cast<std::int64_t>(talk.messages - 1 - position);
    auto const seconds = talk.start + 1 + slot * kMessageGap + static_cast<std::int64_t>(dice.below(kMessageGap));
    auto const digits = dice.one_in(4) ? dice.below(10) : 3;
    auto unit = std::int64_t{1};
    for (auto i = digits; i < 9; ++i) {
        unit *= 10;
    }
    auto const nanoseconds = static_cast<std::int64_t>(dice.below(1'000'000'000)) / unit * unit;
    MessageTime time;
    time.expected = iso_text(seconds, nanoseconds, 6) + "Z";
    switch (dice.below(24)) {
    case 0:
        time.received = iso_text(seconds + 19'800, nanoseconds, digits) + "+05:30";
        break;
    case 1:
        time.received = iso_text(seconds - 28'800, nanoseconds, digits) + "-08:00";
        break;
    case 2:
        time.received = iso_text(seconds, nanoseconds, digits) + "+00:00";
        break;
    default:
        time.received = iso_text(seconds, nanoseconds, digits) + "Z";
    }
    return time;
}

enum class Kept { stored, excluded };

struct Actor {
    std::string_view json; ///< empty: the key is absent
    std::string_view stored;
    std::string_view message_type;
    Kept fate = Kept::stored;
};

/// 15 of 100 are the system's. message_type says nothing about that: agents' messages can be of type system.
Actor make_actor(Dice& dice)
{
    auto const percent = dice.below(100);
    if (percent < 12) {
        return {"\"system\"", "", "system", Kept::excluded};
    }
    if (percent < 15) {
        return {percent == 12 ? "\"System\"" : "\"SYSTEM\"", "", "SYSTEM", Kept::excluded};
    }
    if (percent < 17) {
        return {percent == 15 ? "" : "null", "", "normal"};
    }
    if (percent < 29) {
        return {"\"bot\"", "bot", "normal"};
    }
    if (percent < 57) {
        auto const type = dice.below(20);
        return {"\"agent\"", "agent", type == 0 ? "system" : type < 3 ? "private" : "normal"};
    }
    return percent == 57 ? Actor{"\"USER\"", "USER", "normal"} : Actor{"\"user\"", "user", "normal"};
}

std::string make_message_id(WorldOptions const& options, Dice& dice, std::size_t index, std::size_t position)
{
    if (options.odd_ids == OddIds::no || dice.one_in(2)) {
        return make_uuid(dice);
    }
    auto const kind = dice.below(kSeenIdKinds + 1);
    return kind < kSeenIdKinds ? make_seen_id(dice, kind, index * 10'000'000 + position)
                               : make_awkward_id(dice, dice.below(kAwkwardIdKinds));
}

/// Keys that no default column uses; some repeat, deeper down, the names of those that do.
void append_ballast(std::string& json, Dice& dice)
{
    if (dice.one_in(10)) {
        json +=
            R"(,"reply_parts":[{"text":{"content":"text of a reply part"}},{"collection":{"sub_parts":[{"text":{}}]}}])";
    }
    if (dice.one_in(10)) {
        json += R"(,"meta_data":{"id":"not-the-id","actor_type":"system","created_time":"1999-01-01T00:00:00Z",)"
                R"("message_parts":[{"text":{"content":"not this"}}]})";
    }
    if (dice.one_in(20)) {
        json += R"(,"status":"Failed","error_code":1405,"error_message":"more than 24 hours have passed")";
    }
    if (dice.one_in(30)) {
        json += R"(,"unknown_new_key":{"a":[1,2.5e3,{"b":null}],"uuid":[]},"in_reply_to":null)";
    }
    json += R"(,"restrictResponse":false,"botsPrivateNote":false,"isBotsInput":false,"bots_input":false)";
}

} // namespace

std::string iso_text(std::int64_t seconds, std::int64_t nanoseconds, std::size_t digits)
{
    auto const text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
    return digits == 0 ? text : text + '.' + fmt::format("{:09}", nanoseconds).substr(0, digits);
}

Talk make_talk(WorldOptions const& options, std::size_t index)
{
    Dice dice{options.seed, index, kConversationDice};
    Talk talk;
    if (options.odd_ids == OddIds::no) {
        talk.id = make_uuid(dice);
    } else {
        auto const kind = index % (kSeenIdKinds + kAwkwardIdKinds);
        talk.id = kind < kSeenIdKinds ? make_seen_id(dice, kind, index) : make_awkward_id(dice, kind - kSeenIdKinds);
    }
    auto const tied = index >= options.nulls && index - options.nulls < options.ties;
    auto const start = kFirstDay + static_cast<std::int64_t>(dice.below(kTwoYears));
    auto const microseconds = static_cast<std::int64_t>(dice.below(1'000'000));
    talk.start = tied ? kTieTime : start;
    talk.start_nanoseconds = tied ? 0 : microseconds * 1000;
    auto const scale = options.messages_per_conversation / 9.6;
    auto const scaled = static_cast<double>(typical_length(dice)) * scale;
    auto const is_long = options.one_long != 0 && index + 1 == options.conversations;
    talk.messages = is_long ? options.one_long : static_cast<std::size_t>(std::lround(scaled));
    return talk;
}

std::string table_id(WorldOptions const& options, Talk const& talk, std::size_t index)
{
    return options.table_ids == TableIds::number ? conversation_number(index) : talk.id;
}

WorldMessage make_message(WorldOptions const& options, Talk const& talk, std::size_t index, std::size_t position)
{
    Dice dice{options.seed, index, position * 4};
    WorldMessage message;
    message.id = make_message_id(options, dice, index, position);
    auto const actor = make_actor(dice);
    auto const time = make_time(options, talk, index, position);
    auto const kind = options.invalid_text == InvalidText::yes ? TextKind::with_invalid : TextKind::ordinary;
    auto parts = make_parts(dice, kind);
    if (index < options.email_only) {
        parts = {R"([{"email":{"subject":"Re: [#1337]","content":"<div>mail</div>"}}])", {}};
    } else if (index - options.email_only < options.buttons_only) {
        parts = {R"([{"quick_reply_button":{"custom_reply_text":"Battery","label":"🔋 Battery"}}])", {}};
    }

    auto const id_key = (options.odd_ids == OddIds::yes && dice.one_in(40) ? R"("uuid":")" : R"("id":")")
        + json_escaped(message.id) + "\"";
    auto const id_first = dice.one_in(2);
    auto& json = message.json;
    json = "{" + (id_first ? id_key : R"("app_id":"4b449bfe-e84a-582b-be73-d24627f00b0b")");
    if (!parts.json.empty()) {
        json += R"(,"message_parts":)" + parts.json;
    }
    if (!actor.json.empty()) {
        json += R"(,"actor_type":)" + std::string{actor.json};
    }
    auto const actor_id = make_uuid(dice);
    json += R"(,"actor_id":")" + actor_id
        + R"(","org_actor_id":"1940890000000000777","channel_id":"354443a4-71ea-5510-b8a2-34ea1cdf240a",)"
          R"("conversation_id":")"
        + json_escaped(talk.id) + R"(","freshchat_conversation_id":")" + conversation_number(index)
        + R"(","freshchat_channel_id":"910045",)"
          R"("interaction_id":"1024900000001337-1762164904117","message_type":")"
        + std::string{actor.message_type} + R"(","created_time":")" + time.received + R"(","user_id":")" + actor_id
        + "\"";
    append_ballast(json, dice);
    json += id_first ? "}" : "," + id_key + "}";
    if (actor.fate == Kept::stored) {
        message.row = ExpectedRow{message.id, table_id(options, talk, index), std::string{actor.stored},
            std::move(parts.cleaned), time.expected};
    }
    return message;
}

} // namespace backfill::test
