#include "freshchat/page.hpp"

#include "backfill/core/json_reader.hpp"
#include "backfill/core/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace backfill::freshchat {
namespace {

/// The keys that matter.
enum class Key : std::uint8_t {
    messages,
    link,
    href,
    id,
    uuid,
    actor_type,
    message_type,
    created_time,
    message_parts,
    text,
    content,
    other
};

Key key_of(std::string_view name)
{
    using enum Key;
    static constexpr std::array<std::pair<std::string_view, Key>, 11> kKeys{{{"messages", messages}, {"link", link},
        {"href", href}, {"id", id}, {"uuid", uuid}, {"actor_type", actor_type}, {"message_type", message_type},
        {"created_time", created_time}, {"message_parts", message_parts}, {"text", text}, {"content", content}}};
    auto const* const found =
        std::find_if(kKeys.begin(), kKeys.end(), [name](auto const& key) { return key.first == name; });
    return found == kKeys.end() ? other : found->second;
}

/// Turns the events of a page into messages as they come; no tree is built. Where a key stands twice, the last counts.
class PageReader final : public JsonEvents {
public:
    PageReader(WantedParts const& wanted, TextStore& texts) : wanted_{wanted}, texts_{texts} {}

    void begin_object() override { begin('{'); }
    void end_object() override { end('}'); }
    void begin_array() override { begin('['); }
    void end_array() override { end(']'); }

    void key(std::string_view name) override
    {
        auto const role = levels_.back();
        if (role == Role::message) {
            message_key(name);
            return;
        }
        copy([&](JsonWriter& writer) { writer.key(name); });
        if (role != Role::ignored) {
            key_ = key_of(name);
            reset_what_stood_there();
        }
    }

    void string(std::string_view text) override
    {
        scalar([&](JsonWriter& writer) { writer.string(text); }, text, text);
    }

    void number(std::string_view digits) override { literal(digits, digits); }
    void word(std::string_view json) override { literal(json, {}); }

    DecodedPage page;
    bool has_messages = false;

private:
    enum class Role : std::uint8_t { root, messages, link, message, parts, part, text, ignored };

    Role role_of_child(char bracket) const
    {
        bool const object = bracket == '{';
        if (levels_.empty()) {
            return object ? Role::root : Role::ignored;
        }
        switch (levels_.back()) {
        case Role::root:
            return !object && key_ == Key::messages ? Role::messages
                : object && key_ == Key::link       ? Role::link
                                                    : Role::ignored;
        case Role::messages:
            return object ? Role::message : Role::ignored;
        case Role::message:
            return key_ != Key::message_parts ? Role::ignored : object ? Role::part : Role::parts;
        case Role::parts:
            return object ? Role::part : Role::ignored;
        case Role::part:
            return object && key_ == Key::text ? Role::text : Role::ignored;
        default:
            return Role::ignored;
        }
    }

    void begin(char bracket)
    {
        auto const role = role_of_child(bracket);
        bool const element = !levels_.empty() && levels_.back() == Role::messages;
        if (role == Role::messages) {
            has_messages = true;
        } else if (element) {
            begin_message();
        } else if (role == Role::part) {
            part_ = {};
        }
        copy([&](JsonWriter& writer) { writer.begin(bracket); });
        levels_.push_back(role);
    }

    void end(char bracket)
    {
        auto const role = levels_.back();
        levels_.pop_back();
        copy([&](JsonWriter& writer) { writer.end(bracket); });
        if (role == Role::part) {
            auto& texts = page.messages.back().part_texts;
            texts.push_back(!part_.text_content.empty() ? part_.text_content
                    : !part_.content.empty()            ? part_.content
                                                        : part_.text);
        }
        value_ended();
    }

    void literal(std::string_view json, std::string_view text)
    {
        scalar([&](JsonWriter& writer) { writer.literal(json); }, text, {});
    }

    /// `text` is what a scalar means as a message's property, `string` what it means as a text.
    template <typename Write>
    void scalar(Write write, std::string_view text, std::string_view string)
    {
        if (levels_.empty()) {
            return;
        }
        auto const role = levels_.back();
        if (role == Role::messages) {
            begin_message();
        }
        copy(write);
        if (role == Role::link && key_ == Key::href) {
            page.has_link = !string.empty();
        } else if (role == Role::message) {
            message_property(text, string);
        } else if (role == Role::parts) {
            page.messages.back().part_texts.push_back(texts_.keep(string));
        } else if (role == Role::part && key_ == Key::content) {
            part_.content = texts_.keep(string);
        } else if (role == Role::part && key_ == Key::text) {
            part_.text = texts_.keep(string);
        } else if (role == Role::text && key_ == Key::content) {
            part_.text_content = texts_.keep(string);
        }
        value_ended();
    }

    void begin_message()
    {
        auto& message = page.messages.emplace_back();
        uuid_.clear();
        for (auto const& field : wanted_.fields) {
            message.fields.emplace_back(field, "null");
        }
        if (wanted_.raw) {
            raw_writer_.emplace(message.raw);
        }
    }

    void message_key(std::string_view name)
    {
        copy([&](JsonWriter& writer) { writer.key(name); });
        key_ = key_of(name);
        if (key_ == Key::message_parts) {
            page.messages.back().part_texts.clear();
        }
        auto& fields = page.messages.back().fields;
        auto const field = std::find_if(fields.begin(), fields.end(), [&](auto const& f) { return f.first == name; });
        if (field != fields.end()) {
            field->second.clear();
            field_writer_.emplace(field->second);
        }
    }

    void message_property(std::string_view text, std::string_view string)
    {
        auto& message = page.messages.back();
        switch (key_) {
        case Key::id:
            message.id = texts_.keep(text);
            break;
        case Key::uuid:
            uuid_ = text;
            break;
        case Key::actor_type:
            message.actor_type = texts_.keep(text);
            break;
        case Key::message_type:
            message.message_type = texts_.keep(text);
            break;
        case Key::created_time:
            message.created_time = texts_.keep(text);
            break;
        case Key::message_parts:
            message.part_texts.push_back(texts_.keep(string));
            break;
        default:;
        }
    }

    void reset_what_stood_there()
    {
        auto const role = levels_.back();
        if (role == Role::root && key_ == Key::messages) {
            has_messages = false;
            page.messages.clear();
        } else if (role == Role::root && key_ == Key::link) {
            page.has_link = false;
        } else if (role == Role::part && key_ == Key::text) {
            part_.text = {};
            part_.text_content = {};
        }
    }

    /// A value is whole: the message's property, or the message itself.
    void value_ended()
    {
        if (levels_.empty()) {
            return;
        }
        if (levels_.back() == Role::message) {
            field_writer_.reset();
        } else if (levels_.back() == Role::messages) {
            auto& message = page.messages.back();
            if (message.id.empty()) {
                message.id = texts_.keep(uuid_);
            }
            raw_writer_.reset();
        }
    }

    template <typename Write>
    void copy(Write write)
    {
        if (raw_writer_) {
            write(*raw_writer_);
        }
        if (field_writer_) {
            write(*field_writer_);
        }
    }

    struct Part {
        std::string_view text_content;
        std::string_view content;
        std::string_view text;
    };

    WantedParts const& wanted_;
    TextStore& texts_;
    std::vector<Role> levels_;
    Key key_ = Key::other; ///< the last one
    std::string uuid_;     ///< of the message
    Part part_;
    std::optional<JsonWriter> raw_writer_;   ///< inside a message that is wanted whole
    std::optional<JsonWriter> field_writer_; ///< inside a field that is wanted
};

std::optional<DecodedPage> decode(std::string_view body, WantedParts const& wanted, TextStore& texts)
{
    PageReader reader{wanted, texts};
    if (!read_json(body, reader) || !reader.has_messages) {
        return std::nullopt;
    }
    return std::move(reader.page);
}

} // namespace

std::optional<DecodedPage> decode_page(std::string_view body, WantedParts const& wanted, TextStore& texts)
{
    auto page = decode(body, wanted, texts);
    auto const has_no_id = [](Message const& message) { return message.id.empty(); };
    if (page && !wanted.raw && std::any_of(page->messages.begin(), page->messages.end(), has_no_id)) {
        page = decode(body, {wanted.fields, true}, texts); // rare: by its content it is known on another page
    }
    return page;
}

} // namespace backfill::freshchat
