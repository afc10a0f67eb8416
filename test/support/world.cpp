#include "support/world.hpp"

#include "support/world_message.hpp"

#include <algorithm>
#include <charconv>
#include <iomanip>
#include <ostream>
#include <stdexcept>

namespace backfill::test {
namespace {

Talk talk_at(WorldOptions const& options, std::size_t index)
{
    if (index >= options.conversations) {
        throw std::out_of_range{"no such conversation in this world"};
    }
    return make_talk(options, index);
}

// FNV-1a: std::hash may differ from one standard library to the next.
std::uint64_t hash(std::string_view text)
{
    auto result = 0xcbf29ce484222325ULL;
    for (auto const byte : text) {
        result = (result ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
    }
    return result;
}

auto csv(std::string const& field)
{
    return std::quoted(field, '"', '"');
}

constexpr std::uint64_t kFirstNumber = 1'024'900'000'000'000;
constexpr std::uint64_t kMostNumbers = 1'000'000'000;

} // namespace

std::string conversation_number(std::size_t index)
{
    return std::to_string(kFirstNumber + index);
}

std::optional<std::size_t> conversation_index(std::string_view number)
{
    std::uint64_t value = 0;
    auto const read = std::from_chars(number.data(), number.data() + number.size(), value);
    bool const is_one = read.ec == std::errc{} && read.ptr == number.data() + number.size() && value >= kFirstNumber
        && value - kFirstNumber < kMostNumbers;
    return is_one ? std::optional{static_cast<std::size_t>(value - kFirstNumber)} : std::nullopt;
}

World World::make(WorldOptions options)
{
    return World{options};
}

World::World(WorldOptions options) : options_{options}
{
    by_hash_.reserve(size());
    for (std::size_t index = 0; index < size(); ++index) {
        by_hash_.emplace_back(hash(make_talk(options_, index).id), static_cast<std::uint32_t>(index));
    }
    std::sort(by_hash_.begin(), by_hash_.end());
}

WorldConversation World::conversation(std::size_t index) const
{
    auto const talk = talk_at(options_, index);
    auto id = table_id(options_, talk, index);
    if (index < options_.nulls) {
        return {std::move(id), std::nullopt};
    }
    return {std::move(id), iso_text(talk.start, talk.start_nanoseconds, 6) + "Z"};
}

std::string World::uuid(std::size_t index) const
{
    return talk_at(options_, index).id;
}

std::optional<std::size_t> World::index_of(std::string_view conversation_id) const
{
    if (auto const index = conversation_index(conversation_id)) {
        return *index < size() ? index : std::nullopt;
    }
    auto const wanted = hash(conversation_id);
    auto found = std::lower_bound(by_hash_.begin(), by_hash_.end(), std::pair{wanted, std::uint32_t{0}});
    for (; found != by_hash_.end() && found->first == wanted; ++found) {
        if (make_talk(options_, found->second).id == conversation_id) {
            return found->second;
        }
    }
    return std::nullopt;
}

std::size_t World::message_count(std::size_t index) const
{
    return talk_at(options_, index).messages;
}

WorldMessage World::message(std::size_t index, std::size_t position) const
{
    auto const talk = talk_at(options_, index);
    if (position >= talk.messages) {
        throw std::out_of_range{"no such message in this world"};
    }
    return make_message(options_, talk, index, position);
}

std::vector<WorldMessage> World::messages(std::size_t index) const
{
    auto const talk = talk_at(options_, index);
    std::vector<WorldMessage> messages;
    messages.reserve(talk.messages);
    for (std::size_t position = 0; position < talk.messages; ++position) {
        messages.push_back(make_message(options_, talk, index, position));
    }
    return messages;
}

std::size_t World::expected_row_count() const
{
    std::size_t rows = 0;
    for (std::size_t index = 0; index < size(); ++index) {
        for (auto const& message : messages(index)) {
            rows += message.row ? 1 : 0;
        }
    }
    return rows;
}

void World::write_conversations_csv(std::ostream& out) const
{
    for (std::size_t index = 0; index < size(); ++index) {
        auto const row = conversation(index);
        out << csv(row.id) << ',';
        if (row.created_time) {
            out << csv(*row.created_time);
        }
        out << '\n';
    }
}

void World::write_expected_messages_csv(std::ostream& out) const
{
    for (std::size_t index = 0; index < size(); ++index) {
        for (auto const& message : messages(index)) {
            if (auto const& row = message.row) {
                out << csv(row->id) << ',' << csv(row->conversationid) << ',' << csv(row->actor_type) << ','
                    << csv(row->message_parts) << ',' << csv(row->created_time) << '\n';
            }
        }
    }
}

} // namespace backfill::test
