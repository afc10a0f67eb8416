#include "backfill/rows/prepare.hpp"

namespace backfill::rows {

PartedRows part_by_stored(std::vector<Row> const& rows, MessageIds const& stored)
{
    PartedRows parted;
    for (auto const& row : rows) {
        (stored.contains(row.id) ? parted.stored : parted.fresh).push_back(row);
    }
    return parted;
}

} // namespace backfill::rows
