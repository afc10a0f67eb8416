#pragma once

#include "support/simulator.hpp"
#include "support/simulator_wire.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backfill::test {

/// What the simulator holds: a world, or an explicit list.
class Holdings {
public:
    explicit Holdings(std::variant<World, Conversations> held) : held_{std::move(held)} {}

    struct Messages {
        std::size_t count = 0;
        std::function<std::string(std::size_t)> json; ///< by position; 0 is the newest
    };
    /// By its own id. Nothing: unknown conversation. Valid as long as the holdings.
    std::optional<Messages> find(std::string const& conversation) const;

    struct TwoIds {
        std::string id;
        std::string number;
    };
    /// By either id.
    std::optional<TwoIds> ids_of(std::string const& conversation) const;

private:
    std::variant<World, Conversations> held_;
};

/// Has a message been inserted or removed, in this conversation?
enum class Changed { no, yes };

/// A page as it goes out, or an error.
struct PageAnswer {
    Answer answer = {};
    std::vector<std::string> messages = {};
    std::string link = {}; ///< with its key and comma, or empty
    bool is_page = false;
};

/// 200 and a page; 400; 404 of an unknown conversation; WRONG_PAGE.
PageAnswer answer_page(Holdings const& holdings, Switches const& switches, Target const& target, Changed changed);

/// 200 and the two ids of a conversation; 404.
Answer conversation_answer(Holdings const& holdings, std::string const& conversation);

/// A page of one message that no other page has, and that claims to be followed by another.
PageAnswer made_up_page(Target const& target);

/// The body of a page. `injected`, a key and its value, goes into the first message.
std::string page_body(PageAnswer const& page, std::string const& injected = {});

/// In the shape `{"code":…,"status":…,"message":…}` [C].
Answer error_answer(int status, std::string const& name, std::string const& message);

/// The number of a page or size, when it is one.
std::optional<int> parse_number(std::string const& text);

} // namespace backfill::test
