#include "supabase/fault.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/printable.hpp"
#include "supabase/wordings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace backfill::supabase {
namespace {

constexpr std::size_t kLongestCode = 40;

/// What a code means, where its own message is not told.
std::string_view meaning_of(std::string_view code)
{
    struct Meaning {
        std::string_view code; ///< or its beginning
        std::string_view text;
    };
    static constexpr std::array kMeanings{
        Meaning{"P0001", "raised by a trigger or function"},
        Meaning{"P0002", "a trigger or function found no row"},
        Meaning{"P0003", "a trigger or function found more than one row"},
        Meaning{"P0004", "an assertion of a trigger or function failed"},
        Meaning{"PT", "raised by a trigger or function"},
        Meaning{"22", "a value does not fit its column"},
        Meaning{"23", "a constraint"},
        Meaning{"42501", "a right is missing"},
        Meaning{"42P10", "no unique key fits an ON CONFLICT"},
        Meaning{"42", "a trigger, policy or default names what is not there"},
        Meaning{"44", "the check option of a view"},
        Meaning{"54", "a limit of PostgreSQL"},
        Meaning{"55000", "a key that is deferrable, or an object in the wrong state"},
        Meaning{"57014", "a statement took longer than it may"},
        Meaning{"XX", "an internal error of PostgreSQL or of an extension"},
        Meaning{"38", "an external routine of a trigger"},
        Meaning{"39", "an external routine of a trigger"},
        Meaning{"HV", "a foreign table"},
        Meaning{"", "raised by a trigger or function?"},
    };
    auto const found =
        std::ranges::find_if(kMeanings, [code](auto const& meaning) { return code.starts_with(meaning.code); });
    return is_sqlstate(code) && found != kMeanings.end() ? found->text : std::string_view{};
}

} // namespace

std::string explain(http::Outcome const& outcome)
{
    auto text = calls::describe(outcome);
    auto const* reply = std::get_if<http::Reply>(&outcome);
    if (!reply || reply->status < 300) {
        return text;
    }
    auto const error = error_of(*reply);
    text += is_broken_connection(*reply, error) ? ", PostgREST lost its connection to the database" : "";
    if (!error.code.empty() && error.code != std::to_string(reply->status)) { // a gateway's repeats the status
        text.insert(std::min(text.find(" ("), text.size()), ", " + printable(error.code, kLongestCode)); // before ids
    }
    if (auto const message = printable_message(error.message)) {
        auto const hint = printable_message(error.hint);
        text += ": " + *message + (hint ? " (hint: " + *hint + ")" : "");
    } else if (auto const meaning = meaning_of(error.code); !meaning.empty()) {
        text += fmt::format(" ({})", meaning);
    }
    return text;
}

} // namespace backfill::supabase
