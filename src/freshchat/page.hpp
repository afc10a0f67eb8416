#pragma once

#include "backfill/core/conversation.hpp"
#include "backfill/core/text_store.hpp"
#include "backfill/freshchat/other_ids.hpp"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backfill::freshchat {

struct DecodedPage {
    static constexpr int kSomePage = std::numeric_limits<int>::max();

    std::vector<Message> messages; ///< in the order received
    int links_to =
        0; ///< the `page=` of the `href` in an object `link`; kSomePage where that names none; 0 without link
};

/// Reads `{"messages":[…], "link":{…}}`. Returns nothing when it is not JSON or has no array `messages`: that must not
/// pass for an empty page. An element that is no object becomes a Message without an id. Message::raw is filled where
/// the id is missing, too. The messages look into `texts`.
std::optional<DecodedPage> decode_page(std::string_view body, MessageExtras const& extras, TextStore& texts);

/// Reads `conversation_id` and `conversation_internal_id` of a conversation; "" where one is missing. Returns nothing
/// when it is not JSON.
std::optional<IdPair> decode_ids(std::string_view body);

/// The status of an error answer, `{"code":404,"status":"…","message":"…"}`; empty for anything else.
std::string error_status(std::string_view body);

} // namespace backfill::freshchat
