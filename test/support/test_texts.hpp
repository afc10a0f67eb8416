#pragma once

#include "backfill/core/text_store.hpp"

namespace backfill::test {

/// For texts that messages and rows of a test look at: it outlives them all. The tests' main thread only.
inline TextStore& texts()
{
    static TextStore store;
    return store;
}

} // namespace backfill::test
