#include "faults/deed_run.hpp"

#include "faults/ground.hpp"

#include <exception>

namespace backfill::test {

std::optional<Fault> spot_at_freshchat(std::string const& where)
{
    auto const& ids = ground().conversations();
    auto const pages = static_cast<int>(ground().pages_of_longest(kPageClamp));
    auto const spot = [](std::string const& conversation, int page) {
        return Fault{.conversation = conversation, .page = page};
    };
    if (where == place::kFirstPage) {
        return spot(ids.front(), 1);
    }
    if (where == place::kPageOne) {
        return spot(ids[ids.size() / 2], 1);
    }
    if (where == place::kMiddlePage) {
        return spot(ground().longest(), pages / 2);
    }
    if (where == place::kLastPage) {
        return spot(ground().longest(), pages);
    }
    if (where == place::kEnd) {
        return spot(ids.back(), 0);
    }
    return where == place::kEveryPage ? std::optional{Fault{}} : std::nullopt;
}

void DeedRun::seen_at_freshchat(SeenRequest const& request)
{
    if (spot_ && (spot_->conversation.empty() || spot_->conversation == request.conversation)
        && (spot_->page == 0 || spot_->page == request.page)) {
        strike();
    }
}

void DeedRun::seen_at_supabase(std::string_view where)
{
    if (where == row_.where) {
        strike();
    }
}

void DeedRun::strike()
{
    std::lock_guard lock{mutex_};
    if (row_.deed && !struck_.exchange(true)) {
        try {
            row_.deed->strike();
        } catch (std::exception const& error) {
            failure_ = error.what();
        }
    }
}

void DeedRun::lift()
{
    std::lock_guard lock{mutex_}; // not while it is being done
    if (struck_) {
        row_.deed->lift();
    }
}

} // namespace backfill::test
