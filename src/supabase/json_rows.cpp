#include "supabase/json_rows.hpp"

#include "backfill/core/json_reader.hpp"

#include <cstddef>

namespace backfill::supabase {

std::optional<TextRows> read_rows(std::string_view body, std::vector<std::string> const& keys)
{
    auto const document = read_json(body);
    if (!document || document->root().kind != JsonValue::Kind::array) {
        return std::nullopt;
    }
    TextRows rows{keys.size()};
    for (auto const& row : document->root().children()) {
        if (row.kind != JsonValue::Kind::object) {
            return std::nullopt;
        }
        rows.add_row();
        for (std::size_t column = 0; column < keys.size(); ++column) {
            rows.set(column, row[keys[column]].text);
        }
    }
    return rows;
}

ErrorBody read_error(std::string_view body)
{
    auto const document = read_json(body);
    if (!document) {
        return {};
    }
    auto const text = [&](char const* member) { return std::string{document->root()[member].text}; };
    return {text("code"), text("message"), text("hint")};
}

} // namespace backfill::supabase
