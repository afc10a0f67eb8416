#pragma once

#include "backfill/core/log.hpp"

#include <string>

namespace backfill::app {

/// Text that was asked for, printed as it is: a help, a status.
inline Event text_event(std::string text)
{
    return {"text", Level::info, {}, std::move(text)};
}

inline Event warning_event(std::string const& what)
{
    return {"warning", Level::warning, {{"message", what}}, "[Backfill] Warning: " + what};
}

inline Event fatal_event(std::string const& what)
{
    return {"fatal", Level::error, {{"message", what}}, "[Backfill] Fatal: " + what};
}

/// `name`: usage_error or internal_error.
inline Event error_event(char const* name, std::string const& what)
{
    return {name, Level::error, {{"message", what}}, "freshchat-backfill: " + what};
}

} // namespace backfill::app
