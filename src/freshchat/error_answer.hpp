#pragma once

#include <string>
#include <string_view>

namespace backfill::freshchat {

/// What an error answer says: `{"code":404,"status":"…","message":"…"}` or `{"success":false,"error_code":5,
/// "error_message":"…"}`; both empty for anything else.
struct ErrorAnswer {
    std::string status;
    std::string message;
};

ErrorAnswer decode_error(std::string_view body);

} // namespace backfill::freshchat
