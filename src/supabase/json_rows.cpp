#include "supabase/json_rows.hpp"

#include "backfill/core/json_reader.hpp"

#include <cstddef>

namespace backfill::supabase {

std::optional<Answer> read_rows(std::string_view body, std::vector<std::string> const& keys)
{
    auto const document = read_json(body);
    if (!document || document->root().kind != JsonValue::Kind::array) {
        return std::nullopt;
    }
    Answer answer;
    for (auto const& row : document->root().children()) {
        if (row.kind != JsonValue::Kind::object) {
            return std::nullopt;
        }
        auto& texts = answer.rows.emplace_back();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            texts.at(i) = answer.texts.keep(row[keys[i]].text);
        }
    }
    return answer;
}

ErrorBody read_error(std::string_view body)
{
    auto const document = read_json(body);
    if (!document) {
        return {};
    }
    auto const text = [&](char const* member) { return std::string{document->root()[member].text}; };
    bool has_details = false;
    for (auto const& member : document->root().children()) {
        has_details = has_details || member.name == "details";
    }
    return {text("code"), text("message"), text("hint"), has_details};
}

} // namespace backfill::supabase
