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

/// Reads `{"messages":[…], "link":{…}}`. Returns nothing when it is not JSON or has no array `messages`: that must not
/// pass for an empty page. An element that is no object becomes a Message without an id. Fills Message::fields with
/// these `fields`, and Message::raw if asked for or where the id is missing. The messages look into `texts`.
std::optional<DecodedPage> decode_page(
    std::string_view body, std::vector<std::string> const& fields, bool raw, TextStore& texts);

/// The status of an error answer, `{"code":404,"status":"…","message":"…"}`; empty for anything else.
std::string error_status(std::string_view body);

} // namespace backfill::freshchat
