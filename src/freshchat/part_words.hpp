#pragma once

#include "backfill/core/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backfill::freshchat {

/// The first of text.content, content and text that is a string with something in it, else the part itself.
std::string_view text_of_part(JsonValue const& part);

/// Whether a part without a text holds something all the same: an image, a button, a card.
bool holds_more_than_text(JsonValue const& part);

/// What a part without a text says in words, in order: "[image: https://…]", "[button: Pay now]"; of a card or an
/// e-mail its texts. Empty where nothing can be said.
std::vector<std::string> words_of_part(JsonValue const& part);

} // namespace backfill::freshchat
