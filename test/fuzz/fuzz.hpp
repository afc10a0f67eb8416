#pragma once

#include "backfill/core/json_reader.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/utf8.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace backfill::fuzz {

/// What must hold for every input. libFuzzer keeps the input that breaks it, and prints the stack.
inline void require(bool holds, char const* invariant)
{
    if (!holds) {
        std::fprintf(stderr, "broken: %s\n", invariant);
        std::abort();
    }
}

inline std::string_view view(std::uint8_t const* data, std::size_t size)
{
    return size == 0 ? std::string_view{} : std::string_view{reinterpret_cast<char const*>(data), size};
}

/// Takes the text before the next `separator`: how one input holds several.
inline std::string_view take_until(std::string_view& rest, char separator)
{
    auto const end = rest.find(separator);
    auto const taken = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return taken;
}

inline bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        auto const next = decode_utf8(text);
        if (!next.valid) {
            return false;
        }
        text.remove_prefix(next.length);
    }
    return true;
}

/// What PostgreSQL's text columns take.
inline bool is_storable(std::string_view text)
{
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

/// Writes what it is told, so that a text can be read and written again.
class Copier : public JsonEvents {
public:
    void begin_object() override { writer_.begin('{'); }
    void end_object() override { writer_.end('}'); }
    void begin_array() override { writer_.begin('['); }
    void end_array() override { writer_.end(']'); }
    void key(std::string_view name) override { writer_.key(name); }
    void string(std::string_view value) override { writer_.string(value); }
    void number(std::string_view digits) override { writer_.literal(digits); }
    void word(std::string_view literal) override { writer_.literal(literal); }

    std::string text;

private:
    JsonWriter writer_{text};
};

/// The document as it was read; nothing when it is no JSON.
inline std::optional<std::string> reread(std::string_view json)
{
    Copier copier;
    return read_json(json, copier) ? std::optional{copier.text} : std::nullopt;
}

/// Poco reads integers of 64 bits; a numeric column takes more.
class ShortNumberCopier final : public Copier {
public:
    void number(std::string_view digits) override
    {
        constexpr std::size_t kSurelyRead = 18;
        Copier::number(digits.size() > kSurelyRead ? "0" : digits);
    }
};

/// JSON that was written here, as another parser reads it, but for very long integers.
inline Poco::Dynamic::Var as_poco_reads(std::string_view json)
{
    ShortNumberCopier copier;
    require(read_json(json, copier), "what is written is JSON");
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(1000);
        return parser.parse('[' + copier.text + ']').extract<Poco::JSON::Array::Ptr>()->get(0);
    } catch (Poco::Exception const&) {
        require(false, "Poco reads what is written");
        return {};
    }
}

} // namespace backfill::fuzz
