#pragma once

#include "backfill/core/conversation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::freshchat {

struct DecodedPage {
    std::vector<Message> messages; ///< in the order received
    bool has_link = false;         ///< an object `link` with a non-empty `href`
};

/// Which parts of a message are kept beside those that every row needs.
struct WantedParts {
    std::vector<std::string> const& fields;
    bool raw;
};

/// Reads `{"messages":[…], "link":{…}}`. Nothing when it is not JSON, or holds no array `messages`: such an answer
/// must not pass for an empty page. An element that is no object becomes a Message without an id.
std::optional<DecodedPage> decode_page(std::string_view body, WantedParts const& wanted);

/// What an error answer says: `{"code":404,"status":"…","message":"…"}` or `{"success":false,"error_code":5,
/// "error_message":"…"}`; both empty for anything else.
struct ErrorAnswer {
    std::string status;
    std::string message;
};

ErrorAnswer decode_error(std::string_view body);

} // namespace backfill::freshchat
