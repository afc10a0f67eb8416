#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::freshchat {

struct DecodedPage {
    std::vector<Message> messages; ///< in the order received
    bool has_link = false;         ///< an object `link` with a non-empty `href`
};

/// Parts of a message to keep besides those that every row needs.
struct WantedParts {
    std::vector<std::string> const& fields;
    bool raw;
};

/// Reads `{"messages":[…], "link":{…}}`. Returns nothing when it is not JSON or has no array `messages`: that must not
/// pass for an empty page. An element that is no object becomes a Message without an id. Fills `raw` of messages
/// without an id, too. The messages look into `texts`.
std::optional<DecodedPage> decode_page(std::string_view body, WantedParts const& wanted, TextStore& texts);

/// The status of an error answer, `{"code":404,"status":"…","message":"…"}`; empty for anything else.
std::string error_status(std::string_view body);

} // namespace backfill::freshchat
