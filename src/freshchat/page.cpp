#include "freshchat/page.hpp"

#include "freshchat/json_repair.hpp"

#include "backfill/core/json_text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <array>
#include <charconv>

namespace backfill::freshchat {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

Object::Ptr as_object(Var const& value)
{
    return value.type() == typeid(Object::Ptr) ? value.extract<Object::Ptr>() : Object::Ptr{};
}

Array::Ptr as_array(Var const& value)
{
    return value.type() == typeid(Array::Ptr) ? value.extract<Array::Ptr>() : Array::Ptr{};
}

void append_json(std::string& out, Var const& value);

void append_double(std::string& out, double value)
{
    std::array<char, 32> text{};
    auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_json(std::string& out, Object const& object)
{
    out += '{';
    bool first = true;
    for (auto const& [key, value] : object) {
        out += first ? "" : ",";
        first = false;
        append_json_string(out, key);
        out += ':';
        append_json(out, value);
    }
    out += '}';
}

void append_json(std::string& out, Array const& array)
{
    out += '[';
    bool first = true;
    for (auto const& value : array) {
        out += first ? "" : ",";
        first = false;
        append_json(out, value);
    }
    out += ']';
}

/// Poco's own writer escapes more than it needs and prints booleans as numbers in one of its two forms.
void append_json(std::string& out, Var const& value)
{
    if (value.isEmpty()) {
        out += "null";
    } else if (auto const object = as_object(value)) {
        append_json(out, *object);
    } else if (auto const array = as_array(value)) {
        append_json(out, *array);
    } else if (value.isBoolean()) {
        out += value.convert<bool>() ? "true" : "false";
    } else if (value.isString()) {
        append_json_string(out, value.extract<std::string>());
    } else if (value.isInteger()) {
        out += value.convert<std::string>();
    } else {
        append_double(out, value.convert<double>());
    }
}

/// A string as it is, a number as its digits, anything else as nothing.
std::string scalar_text(Var const& value)
{
    if (value.isEmpty() || value.isBoolean() || as_object(value) || as_array(value)) {
        return {};
    }
    if (value.isString()) {
        return value.extract<std::string>();
    }
    std::string digits;
    append_json(digits, value);
    return digits;
}

std::string string_or_nothing(Var const& value)
{
    return !value.isEmpty() && value.isString() ? value.extract<std::string>() : std::string{};
}

/// The first non-empty string of text.content, content, text, the part itself.
std::string part_text(Var const& part)
{
    auto const object = as_object(part);
    if (!object) {
        return string_or_nothing(part);
    }
    if (auto const text = as_object(object->get("text"))) {
        auto content = string_or_nothing(text->get("content"));
        if (!content.empty()) {
            return content;
        }
    }
    auto content = string_or_nothing(object->get("content"));
    return content.empty() ? string_or_nothing(object->get("text")) : content;
}

std::vector<std::string> part_texts(Var const& parts)
{
    std::vector<std::string> texts;
    auto const array = as_array(parts);
    if (!array) {
        texts.push_back(part_text(parts));
        return texts;
    }
    for (auto const& part : *array) {
        texts.push_back(part_text(part));
    }
    return texts;
}

Message read_message(Var const& element, WantedParts const& wanted)
{
    Message message;
    if (auto const object = as_object(element)) {
        message.id = scalar_text(object->get("id"));
        if (message.id.empty()) {
            message.id = scalar_text(object->get("uuid"));
        }
        message.actor_type = scalar_text(object->get("actor_type"));
        message.message_type = scalar_text(object->get("message_type"));
        message.created_time = scalar_text(object->get("created_time"));
        message.part_texts = part_texts(object->get("message_parts"));
        for (auto const& field : wanted.fields) {
            message.fields.emplace_back(field, std::string{});
            append_json(message.fields.back().second, object->get(field));
        }
    }
    if (wanted.raw || message.id.empty()) {
        append_json(message.raw, element);
    }
    return message;
}

/// The document's outermost object; null when there is none.
Object::Ptr parse_object(std::string_view body)
{
    try {
        return as_object(Poco::JSON::Parser{}.parse(repair_json(body)));
    } catch (Poco::Exception const&) {
        return {};
    }
}

} // namespace

std::optional<DecodedPage> decode_page(std::string_view body, WantedParts const& wanted)
{
    auto const object = parse_object(body);
    auto const messages = object ? as_array(object->get("messages")) : Array::Ptr{};
    if (!messages) {
        return std::nullopt;
    }
    DecodedPage page;
    page.messages.reserve(messages->size());
    for (auto const& element : *messages) {
        page.messages.push_back(read_message(element, wanted));
    }
    auto const link = as_object(object->get("link"));
    page.has_link = link && !string_or_nothing(link->get("href")).empty();
    return page;
}

ErrorAnswer decode_error(std::string_view body)
{
    auto const object = parse_object(body);
    if (!object) {
        return {};
    }
    auto message = string_or_nothing(object->get("message"));
    return {string_or_nothing(object->get("status")),
        message.empty() ? string_or_nothing(object->get("error_message")) : message};
}

} // namespace backfill::freshchat
