#include "freshchat/error_answer.hpp"

#include "backfill/core/json_reader.hpp"

namespace backfill::freshchat {
namespace {

/// Status and message of an error answer.
class ErrorReader final : public JsonEvents {
public:
    void begin_object() override { ++level_; }
    void end_object() override { --level_; }
    void begin_array() override { ++level_; }
    void end_array() override { --level_; }
    void key(std::string_view name) override { key_ = level_ == 1 ? name : ""; }
    void number(std::string_view /*digits*/) override {}
    void word(std::string_view /*literal*/) override {}
    void string(std::string_view text) override
    {
        if (level_ == 1 && key_ == "status") {
            answer.status = text;
        } else if (level_ == 1 && (key_ == "message" || (key_ == "error_message" && answer.message.empty()))) {
            answer.message = text;
        }
    }

    ErrorAnswer answer;

private:
    int level_ = 0;
    std::string key_;
};

} // namespace

ErrorAnswer decode_error(std::string_view body)
{
    ErrorReader reader;
    return read_json(body, reader) ? reader.answer : ErrorAnswer{};
}

} // namespace backfill::freshchat
