#include "supabase/json_rows.hpp"

#include "backfill/core/json_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace backfill::supabase {
namespace {

/// Values of top-level keys of an object, or of each object of an array.
class RowReader final : public JsonEvents {
public:
    /// Objects stand at this depth: 1 = the document itself is one, 2 = it is an array of them.
    RowReader(std::vector<std::string> const& keys, int depth) : rows{keys.size()}, keys_{keys}, depth_{depth} {}

    void begin_object() override
    {
        if (++level_ == depth_) {
            rows.add_row();
        } else if (level_ < depth_) {
            is_as_expected = false;
        }
    }
    void end_object() override { --level_; }
    void begin_array() override
    {
        if (++level_ == depth_) {
            is_as_expected = false;
        }
    }
    void end_array() override { --level_; }

    void key(std::string_view name) override
    {
        if (is_as_expected && level_ == depth_) {
            key_ = static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), name) - keys_.begin());
            if (key_ < keys_.size()) {
                rows.set(key_, {});
            }
        }
    }

    void string(std::string_view text) override { value(text); }
    void number(std::string_view digits) override { value(digits); }
    void word(std::string_view literal) override { value(literal == "null" ? std::string_view{} : literal); }

    TextRows rows;
    bool is_as_expected = true;

private:
    void value(std::string_view text)
    {
        if (level_ < depth_) {
            is_as_expected = false;
        } else if (is_as_expected && level_ == depth_ && key_ < keys_.size()) {
            rows.set(key_, text);
        }
    }

    std::vector<std::string> const& keys_;
    int const depth_;
    int level_ = 0;
    std::size_t key_ = 0;
};

} // namespace

std::optional<TextRows> read_rows(std::string_view body, std::vector<std::string> const& keys)
{
    RowReader reader{keys, 2};
    if (!read_json(body, reader) || !reader.is_as_expected) {
        return std::nullopt;
    }
    return std::move(reader.rows);
}

ErrorBody read_error(std::string_view body)
{
    static std::vector<std::string> const keys{"code", "message", "hint"};
    RowReader reader{keys, 1};
    if (!read_json(body, reader) || !reader.is_as_expected) {
        return {};
    }
    auto const row = reader.rows[0];
    return {std::string{row[0]}, std::string{row[1]}, std::string{row[2]}};
}

} // namespace backfill::supabase
