#include "app/rejects_file.hpp"

#include "backfill/core/json_text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <stdexcept>
#include <unordered_set>

namespace backfill::app {

RejectsFile::RejectsFile(std::string const& path, Rows rows) : file_{path, FileReplacement::Readers::owner}, rows_{rows}
{
}

void RejectsFile::message_rejected(std::string_view conversation, FailedMessage const& message)
{
    std::string line;
    JsonWriter writer{line};
    auto const text = [&writer](std::string_view key, std::string_view value) {
        writer.key(key);
        writer.string(value);
    };
    writer.begin('{');
    text("conversation", conversation);
    if (message.id.empty()) {
        writer.key("message");
        writer.literal("null");
    } else {
        text("message", message.id);
    }
    text("code", message.code);
    text("reason", message.reason);
    if (rows_ == Rows::written && !message.row.empty()) {
        writer.key("row");
        writer.literal(message.row);
    }
    writer.end('}');
    line += '\n';
    std::lock_guard lock{mutex_};
    file_.append(line);
}

void RejectsFile::commit()
{
    std::lock_guard lock{mutex_};
    file_.commit();
}

std::string RejectsFile::error() const
{
    std::lock_guard lock{mutex_};
    return file_.error();
}

std::vector<ConversationId> conversations_of_rejects(std::string_view text)
{
    std::vector<ConversationId> ids;
    std::unordered_set<ConversationId> known;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = text.find('\n');
        std::string const line{text.substr(0, end)};
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) {
            continue;
        }
        try {
            auto const entry = Poco::JSON::Parser{}.parse(line).extract<Poco::JSON::Object::Ptr>();
            if (auto id = entry->getValue<std::string>("conversation"); known.insert(id).second) {
                ids.push_back(std::move(id));
            }
        } catch (Poco::Exception const&) {
            throw std::invalid_argument{"line " + std::to_string(number) + " is not one of a rejects file"};
        }
    }
    return ids;
}

} // namespace backfill::app
