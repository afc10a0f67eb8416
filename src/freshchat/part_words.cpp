#include "freshchat/part_words.hpp"

#include "backfill/core/ascii.hpp"
#include "backfill/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace backfill::freshchat {
namespace {

using Kind = JsonValue::Kind;

/// A type that is not told by its own name, or that has something better than a label.
struct Wording {
    std::string_view type;
    std::string_view word;
    std::string_view field; ///< looked at first
};

constexpr std::array kWordings{Wording{"image", "image", "url"}, Wording{"video", "video", "url"},
    Wording{"audio", "audio", "url"}, Wording{"file", "file", "name"}, Wording{"url_button", "button", "label"},
    Wording{"callback", "button", "label"}, Wording{"quick_reply_button", "chose", "custom_reply_text"}};

constexpr std::array<std::string_view, 4> kNames{"label", "title", "name", "url"}; // of any type

bool is_container(JsonValue const& value)
{
    return value.kind == Kind::object || value.kind == Kind::array;
}

/// A key that holds the text of a part.
bool is_of_text(std::string_view key)
{
    return key == "text" || key == "content";
}

/// Whether a key that nobody knows may be shown as the type of a part.
bool is_word(std::string_view key)
{
    constexpr std::size_t kLongest = 40;
    return !key.empty() && key.size() <= kLongest && is_ascii_alphanumeric(key.front())
        && std::ranges::all_of(key, [](char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '-'; });
}

class Words {
public:
    void add_part(JsonValue const& part)
    {
        if (add(text_of_part(part)) || part.kind != Kind::object) {
            return;
        }
        std::size_t members = 0;
        for ([[maybe_unused]] auto const& content : part.children()) {
            ++members;
        }
        for (auto const& content : part.children()) {
            if (is_container(content) && !is_of_text(content.name)) {
                add_typed(content, members == 1);
            }
        }
    }

    std::vector<std::string> take() { return std::move(words_); }

private:
    /// Returns whether there is something in it.
    bool add(std::string_view text)
    {
        bool const any = !trim(text).empty();
        if (any) {
            words_.emplace_back(text);
        }
        return any;
    }

    /// `is_only_one`: its part holds nothing else, so that its key is sure to be a type.
    void add_typed(JsonValue const& content, bool is_only_one)
    {
        auto const before = words_.size();
        if (content.name == "email") {
            add(content["subject"].string());
            add(content["content"].string());
        } else if (content.name == "collection") {
            add_parts(content["sub_parts"]);
        } else if (content.name == "template_content") {
            for (auto const& section : content["sections"].children()) {
                add_parts(section["parts"]);
            }
        } else {
            add_named(content);
        }
        if (words_.size() == before && is_only_one && is_word(content.name)) {
            words_.push_back(fmt::format("[{}]", word_for(content.name).word));
        }
    }

    void add_parts(JsonValue const& parts)
    {
        for (auto const& part : parts.children()) {
            add_part(part);
        }
    }

    /// A text that goes by another name (help_text.content), or the type and what it is called.
    void add_named(JsonValue const& content)
    {
        auto const [type, word, field] = word_for(content.name);
        bool const is_known = !field.empty();
        if (!is_known && add(text_of_part(content))) {
            return;
        }
        auto name = is_known ? trim(content[field].string()) : std::string_view{};
        for (auto const* other = kNames.begin(); other != kNames.end() && name.empty(); ++other) {
            name = trim(content[*other].string());
        }
        if (!name.empty() && is_word(content.name)) {
            words_.push_back(fmt::format("[{}: {}]", word, name));
        }
    }

    static Wording word_for(std::string_view type)
    {
        auto const* const found = std::ranges::find(kWordings, type, &Wording::type);
        return found == kWordings.end() ? Wording{type, type, {}} : *found;
    }

    std::vector<std::string> words_;
};

} // namespace

std::string_view text_of_part(JsonValue const& part)
{
    auto const& text = part["text"];
    for (auto const candidate : {text["content"].string(), part["content"].string(), text.string()}) {
        if (!candidate.empty()) {
            return candidate;
        }
    }
    return part.string();
}

bool holds_more_than_text(JsonValue const& part)
{
    auto const says_more = [](JsonValue const& content) { return is_container(content) && !is_of_text(content.name); };
    bool any = false;
    for (auto const& content : part.children()) {
        any = any || (part.kind == Kind::object && says_more(content));
    }
    return any;
}

std::vector<std::string> words_of_part(JsonValue const& part)
{
    Words words;
    words.add_part(part);
    return words.take();
}

} // namespace backfill::freshchat
