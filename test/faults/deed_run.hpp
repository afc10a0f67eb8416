#pragma once

#include "faults/row.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace backfill::test {

/// Where Freshchat's places are: a Fault's `conversation` and `page`. Nothing: a place of Supabase, or none.
std::optional<Fault> spot_at_freshchat(std::string const& where);

/// A row's Deed, done once, from whichever thread sees its moment first. What it throws is kept.
class DeedRun {
public:
    explicit DeedRun(Row const& row) : row_{row}, spot_{spot_at_freshchat(row.where)} {}

    void seen_at_freshchat(SeenRequest const& request);
    void seen_at_supabase(std::string_view where);
    void strike();
    void lift(); ///< when it was done
    bool struck() const { return struck_; }
    std::string const& failure() const { return failure_; } ///< after the run

private:
    Row const& row_;
    std::optional<Fault> const spot_;
    std::mutex mutex_;
    std::atomic<bool> struck_ = false;
    std::string failure_;
};

} // namespace backfill::test
