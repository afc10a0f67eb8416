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

/// What PostgreSQL's text columns take.
inline bool is_storable(std::string_view text)
{
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

/// The document as it was read; nothing when it is no JSON.
inline std::optional<std::string> reread(std::string_view json)
{
    auto const document = read_json(json);
    return document ? std::optional{document->root().json()} : std::nullopt;
}

/// JSON that was written here, as another parser reads it; but Poco reads integers of 64 bits, a numeric column more.
inline Poco::Dynamic::Var as_poco_reads(std::string_view json)
{
    constexpr std::size_t kSurelyRead = 18;
    auto document = read_json(json);
    require(document.has_value(), "what is written is JSON");
    for (auto& value : document->values) {
        value.text = value.kind == JsonValue::Kind::number && value.text.size() > kSurelyRead ? "0" : value.text;
    }
    try {
        Poco::JSON::Parser parser;
        parser.setDepth(1000);
        return parser.parse('[' + document->root().json() + ']').extract<Poco::JSON::Array::Ptr>()->get(0);
    } catch (Poco::Exception const&) {
        require(false, "Poco reads what is written");
        return {};
    }
}

} // namespace backfill::fuzz
