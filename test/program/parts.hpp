#pragma once

#include "support/psql.hpp"
#include "support/world.hpp"

#include <cstddef>
#include <string>

namespace backfill::test {

inline World parted_world(std::size_t conversations, std::size_t one_long = 0)
{
    return World::make({.conversations = conversations, .nulls = 5, .one_long = one_long});
}

/// The table of messages refuses this one.
struct Without {
    explicit Without(std::string const& id)
    {
        psql("alter table \"Message\" add constraint without check (id <> '" + id + "') not valid");
    }
    Without(Without const&) = delete;
    Without& operator=(Without const&) = delete;
    ~Without() { psql("alter table \"Message\" drop constraint without"); }
};

} // namespace backfill::test
