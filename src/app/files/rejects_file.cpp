#include "app/files/rejects_file.hpp"

#include "app/settings/selection.hpp"

#include "backfill/core/json_text.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

namespace backfill::app {
namespace {

constexpr auto* kSomethingElse = "it holds something else than rejects; give another name";

/// Reads line by line, since a file with rows may be large. Returns why the file cannot be read, or that it is
/// somebody else's, which must not be replaced; "" where it can or does not exist.
std::string for_each_line(
    std::string const& path, std::function<void(ConversationId const&, std::string const&)> const& each)
{
    std::error_code unknown;
    if (!is_replaceable(path) || !std::filesystem::is_regular_file(path, unknown)) { // opening a pipe would wait
        return {};
    }
    std::ifstream file{path, std::ios::binary};
    std::size_t ours = 0;
    std::size_t others = 0;
    for (std::string line; std::getline(file, line);) {
        if (auto const id = conversation_of_reject(line)) {
            ++ours;
            each(*id, line);
        } else {
            others += line.empty() ? 0 : 1;
        }
    }
    if (ours == 0 && others > 0) {
        return kSomethingElse;
    }
    return file.is_open() && !file.bad() ? std::string{} : "what it holds cannot be read: " + why_unreadable(path);
}

/// Adds to the file what killed runs had written: nobody else tells `incremental` to try those messages again. Returns
/// why that failed.
std::string take_over(std::string const& path)
{
    std::string failure;
    take_leftovers(path, [&](std::string const& leftover) {
        std::string merged;
        std::unordered_set<std::string> known;
        auto const add = [&](auto const& /*id*/, std::string const& line) {
            if (known.insert(line).second) {
                merged += line + '\n';
            }
        };
        for (auto const& name : {path, leftover}) {
            auto unreadable = for_each_line(name, add);
            if (name == leftover && unreadable == kSomethingElse) {
                unreadable.clear(); // the kill cut its only line
            }
            failure = failure.empty() ? unreadable : failure;
        }
        if (failure.empty() && !merged.empty()) {
            failure = replace_file(path, merged, FileReplacement::Readers::owner);
        }
        return failure.empty();
    });
    return failure;
}

} // namespace

RejectsFile::RejectsFile(std::string const& path, Rows rows) : path_{path}, unreadable_{take_over(path)}, rows_{rows}
{
    if (unreadable_.empty()) {
        unreadable_ = for_each_line(path, [this](ConversationId const& id, auto const&) { tried_.emplace(id, false); });
    }
    if (unreadable_.empty()) { // else a leftover would be cleared away
        file_.emplace(path, FileReplacement::Readers::owner);
    }
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
    if (file_) {
        file_->append(line); // at once: it outlives a kill
    }
    open_[ConversationId{conversation}].push_back(std::move(line));
}

void RejectsFile::conversation_tried(std::string_view conversation)
{
    ConversationId const id{conversation};
    std::lock_guard lock{mutex_};
    if (open_.erase(id) > 0) {
        tried_[id] = true;
    } else if (auto const older = tried_.find(id); older != tried_.end()) {
        older->second = true;
    }
}

bool RejectsFile::holds(std::string_view conversation) const
{
    std::lock_guard lock{mutex_};
    return tried_.contains(ConversationId{conversation});
}

void RejectsFile::commit(std::chrono::milliseconds patience)
{
    std::lock_guard lock{mutex_};
    if (file_) {
        carry_over();
    }
    if (unreadable_.empty()) {
        file_->commit(patience);
    }
}

/// Reads the older file again: another run may have replaced it meanwhile.
void RejectsFile::carry_over()
{
    auto const failure = for_each_line(path_, [this](ConversationId const& id, std::string const& line) {
        auto const known = tried_.find(id);
        auto const mine = open_.find(id);
        bool const is_replaced = known != tried_.end() && known->second;
        bool const is_repeated =
            mine != open_.end() && std::ranges::find(mine->second, line + '\n') != mine->second.end();
        if (!is_replaced && !is_repeated) {
            file_->append(line + '\n');
        }
    });
    unreadable_ = unreadable_.empty() ? failure : unreadable_;
}

std::string RejectsFile::error() const
{
    std::lock_guard lock{mutex_};
    return file_ && !file_->error().empty() ? file_->error() : unreadable_;
}

} // namespace backfill::app
