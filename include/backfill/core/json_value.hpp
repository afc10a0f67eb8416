#pragma once

#include "backfill/core/text_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backfill {

/// One value of a JsonDocument, followed there by the values inside it: containers are walked without a tree.
struct JsonValue {
    enum class Kind : std::uint8_t { object, array, string, number, boolean, null };

    struct Iterator {
        JsonValue const* value;
        JsonValue const& operator*() const { return *value; }
        void operator++() { value += value->span; }
        bool operator==(Iterator const&) const = default;
    };
    struct Children {
        JsonValue const* parent;
        Iterator begin() const { return {parent + 1}; }
        Iterator end() const { return {parent + parent->span}; }
    };

    /// The values directly inside a container, in their order.
    Children children() const { return {this}; }

    /// An object's member of that name, the last of several; null when there is none or this is no object.
    JsonValue const& operator[](std::string_view member) const;

    std::string_view string() const { return kind == Kind::string ? text : std::string_view{}; }

    /// The value as JSON, without white space.
    std::string json() const;

    std::string_view name;  ///< of an object's member
    std::string_view text;  ///< a string's characters, a number's digits as received, true or false; else empty
    std::uint32_t span = 1; ///< of this and all values inside
    Kind kind = Kind::null;
};

/// A document as a flat list of its values. Its texts look into what was read, or into the document: it must not
/// outlive the text.
struct JsonDocument {
    JsonValue const& root() const { return values.front(); }

    std::vector<JsonValue> values;
    TextStore mended; ///< texts that are not verbatim in what was read
};

} // namespace backfill
