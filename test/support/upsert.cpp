#include "support/upsert.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace backfill::test {

std::vector<Row> rows_of(std::size_t begin, std::size_t end, std::string const& prefix, std::string const& text)
{
    std::vector<Row> rows;
    for (auto i = begin; i < end; ++i) {
        rows.push_back(message_row(numbered(prefix, i), "c1", text));
    }
    return rows;
}

Writing::Writing(supabase::Postgrest& postgrest, supabase::MessageTableLayout layout, bool known)
    : writer{postgrest, std::move(layout), acceptance}
{
    if (known) {
        acceptance.make_known();
    }
}

std::vector<supabase::RowResult> upsert(Writing& table, SupabaseSide& side, std::vector<Row> const& rows)
{
    std::vector<supabase::RowResult> results;
    table.writer.upsert(rows, results, side.stop);
    if (results.size() != rows.size()) {
        throw std::logic_error{"not one result for each row"};
    }
    return results;
}

std::size_t count_of(std::vector<supabase::RowResult> const& results, Fate fate)
{
    return static_cast<std::size_t>(std::ranges::count(results, fate, &supabase::RowResult::fate));
}

std::vector<std::string> ids_in(std::string const& body)
{
    constexpr std::string_view kMark = R"({"id":")";
    std::vector<std::string> ids;
    for (auto at = body.find(kMark); at != std::string::npos; at = body.find(kMark, at + 1)) {
        auto const begin = at + kMark.size();
        ids.push_back(body.substr(begin, body.find('"', begin) - begin));
    }
    return ids;
}

http::Reply inserted(std::vector<std::string> const& ids)
{
    std::string body = "[";
    for (auto const& id : ids) {
        body += (body.size() > 1 ? "," : "") + std::string{R"({"id":")"} + id + "\"}";
    }
    return reply(201, body + "]",
        {{"Preference-Applied", "resolution=ignore-duplicates, return=representation, count=exact"},
            {"Content-Range", "*/" + std::to_string(ids.size())}});
}

std::vector<std::size_t> sizes(Script const& script)
{
    std::vector<std::size_t> sizes;
    for (auto const& request : script.requests()) {
        sizes.push_back(ids_in(request.body).size());
    }
    return sizes;
}

} // namespace backfill::test
