#include "backfill/prepare/new_rows.hpp"

#include <utility>

namespace backfill::prepare {

PartedRows part_by_stored(std::vector<Row> rows, MessageIds const& stored)
{
    PartedRows parted;
    for (auto& row : rows) {
        (stored.contains(row.id) ? parted.stored : parted.fresh).push_back(std::move(row));
    }
    return parted;
}

} // namespace backfill::prepare
