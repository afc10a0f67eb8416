#pragma once

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>

namespace backfill::test {

using Json = Poco::JSON::Object::Ptr;

/// Throws Poco::Exception when the text is no object.
inline Json parsed(std::string const& text)
{
    return Poco::JSON::Parser{}.parse(text).extract<Json>();
}

/// 0 when it is not there.
inline int number(Json const& object, std::string const& group, std::string const& name)
{
    return object->getObject(group)->optValue<int>(name, 0);
}

} // namespace backfill::test
