#include "supabase/json_rows.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

namespace backfill::supabase {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

Var parse(std::string_view body)
{
    try {
        return Poco::JSON::Parser{}.parse(std::string{body});
    } catch (Poco::Exception const&) {
        return {};
    }
}

std::string text_of(Object const& object, std::string const& key)
{
    auto const value = object.get(key);
    if (value.isEmpty() || value.isStruct() || value.isArray()) {
        return {};
    }
    return value.isString() ? value.extract<std::string>() : value.convert<std::string>();
}

} // namespace

std::optional<std::vector<TextRow>> read_rows(std::string_view body, std::vector<std::string> const& keys)
{
    auto const document = parse(body);
    if (document.type() != typeid(Array::Ptr)) {
        return std::nullopt;
    }
    auto const& array = document.extract<Array::Ptr>();
    std::vector<TextRow> rows;
    rows.reserve(array->size());
    for (auto const& element : *array) {
        if (element.type() != typeid(Object::Ptr)) {
            return std::nullopt;
        }
        auto const& object = element.extract<Object::Ptr>();
        auto& row = rows.emplace_back();
        for (auto const& key : keys) {
            row.push_back(text_of(*object, key));
        }
    }
    return rows;
}

ErrorBody read_error(std::string_view body)
{
    auto const document = parse(body);
    if (document.type() != typeid(Object::Ptr)) {
        return {};
    }
    auto const& object = document.extract<Object::Ptr>();
    return {text_of(*object, "code"), text_of(*object, "message"), text_of(*object, "hint")};
}

} // namespace backfill::supabase
