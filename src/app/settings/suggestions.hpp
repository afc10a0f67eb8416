#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace backfill::app {

/// "; did you mean --limit?" where one of `known` is nearly the word, else "".
std::string nearest(std::string_view word, std::vector<std::string> const& known);

/// The one of `known` from which a name of a variable differs by one slip, as nearest() counts them; "" for none. Short
/// names are left alone: others use them too.
std::string meant_by(std::string_view name, std::vector<std::string> const& known);

/// What to say to an option that does not exist: its nearest, the command of that name, where secrets go.
std::string about_unknown_option(std::string_view option);

} // namespace backfill::app
