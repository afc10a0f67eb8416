#include "support/fake_query.hpp"

#include "backfill/core/timestamp.hpp"

#include <algorithm>
#include <regex>

namespace backfill::test {
namespace {

SqlError not_understood(std::string_view what)
{
    return {400, "PGRST100", "the fake does not understand: " + std::string{what}};
}

/// Splits at a character outside of double quotes; quotes and backslashes stay.
std::vector<std::string> split(std::string_view text, char at)
{
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\' && i + 1 < text.size()) {
            parts.back() += text[i++];
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (text[i] == at && !quoted) {
            parts.emplace_back();
            continue;
        }
        parts.back() += text[i];
    }
    return text.empty() ? std::vector<std::string>{} : parts;
}

/// Takes the quotes off a value that has them. PostgREST refuses some bare values that need them, so does this.
std::string unquoted(std::string const& text)
{
    if (!text.starts_with('"')) {
        if (text.find_first_of("\",()") != std::string::npos) {
            throw not_understood(text);
        }
        return text;
    }
    if (text.size() < 2 || !text.ends_with('"')) {
        throw not_understood(text);
    }
    std::string out;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        i += text[i] == '\\' ? 1 : 0;
        out += text[i];
    }
    return out;
}

std::vector<std::string> names(std::string_view list)
{
    auto parts = split(list, ',');
    std::ranges::transform(parts, parts.begin(), unquoted);
    return parts;
}

std::string_view inside(std::string_view text)
{
    if (!text.starts_with('(') || !text.ends_with(')')) {
        throw not_understood(text);
    }
    return text.substr(1, text.size() - 2);
}

/// -1, 0, 1 as the column's type compares.
int compare(FakeColumn const& column, std::string const& a, std::string const& b)
{
    if (column.type == FakeColumn::Type::time) {
        auto const left = parse_timestamp(a)->microseconds;
        auto const right = parse_timestamp(b)->microseconds;
        return left < right ? -1 : left > right ? 1 : 0;
    }
    return a < b ? -1 : a > b ? 1 : 0;
}

Value field(Record const& record, std::string const& name)
{
    auto const found = record.find(name);
    return found == record.end() ? Value{} : found->second;
}

using Test = std::function<bool(Record const&)>;

Test test_of(FakeTable const& table, std::string const& name, std::string const& condition)
{
    auto const& column = table.column(name);
    if (condition == "is.null") {
        return [=](Record const& record) { return !field(record, name); };
    }
    if (condition == "not.is.null") {
        return [=](Record const& record) { return field(record, name).has_value(); };
    }
    auto const dot = condition.find('.');
    auto const op = condition.substr(0, dot);
    auto const text = dot == std::string::npos ? std::string{} : condition.substr(dot + 1);
    if (op == "in") {
        auto wanted = names(inside(text));
        for (auto& value : wanted) {
            value = *stored_form(column, value);
        }
        std::ranges::sort(wanted);
        return [=](Record const& record) {
            auto const value = field(record, name);
            return value && std::ranges::binary_search(wanted, *value);
        };
    }
    if (op == "match") {
        return [name, pattern = std::regex{text}](Record const& record) {
            auto const value = field(record, name);
            return value && std::regex_search(*value, pattern);
        };
    }
    if (op != "gt" && op != "gte" && op != "lte" && op != "eq") {
        throw not_understood(condition);
    }
    auto const wanted = *stored_form(column, text);
    return [=](Record const& record) {
        auto const value = field(record, name);
        if (!value) {
            return false;
        }
        auto const order = compare(column, *value, wanted);
        return op == "gt" ? order > 0 : op == "gte" ? order >= 0 : op == "lte" ? order <= 0 : order == 0;
    };
}

/// `column.op.value` as it stands in or=(…), where the value may be quoted.
std::pair<std::string, std::string> condition_in_list(std::string const& text)
{
    auto const first = text.find('.');
    auto const second = text.find('.', first + 1);
    if (second == std::string::npos) {
        throw not_understood(text);
    }
    return {text.substr(0, first), text.substr(first + 1, second - first) + unquoted(text.substr(second + 1))};
}

} // namespace

FakeQuery::FakeQuery(std::string_view encoded)
{
    for (auto const& parameter : split(encoded, '&')) {
        auto const equals = parameter.find('=');
        auto const name = unquoted(form_decoded(parameter.substr(0, equals)));
        auto const value = equals == std::string::npos ? std::string{} : form_decoded(parameter.substr(equals + 1));
        if (name == "select") {
            select = names(value);
        } else if (name == "limit") {
            limit = std::stoul(value);
        } else if (name == "on_conflict") {
            on_conflict = unquoted(value);
        } else if (name == "columns") {
            columns = names(value);
        } else if (name == "order") {
            for (auto term : split(value, ',')) {
                auto const dot = term.rfind('.');
                auto const direction = dot == std::string::npos ? std::string{} : term.substr(dot);
                if (direction != ".asc" && direction != ".desc") {
                    throw not_understood(value);
                }
                order.push_back({unquoted(term.substr(0, dot)), direction == ".desc"});
            }
        } else if (name == "or") {
            for (auto const& term : split(inside(value), ',')) {
                any.push_back(condition_in_list(term));
            }
        } else {
            filters.emplace_back(name, value);
        }
    }
}

std::vector<Record const*> FakeQuery::rows_of(FakeTable const& table) const
{
    for (auto const& name : select) {
        table.column(name);
    }
    std::vector<Test> all;
    std::vector<Test> some;
    for (auto const& [name, condition] : filters) {
        all.push_back(test_of(table, name, condition));
    }
    for (auto const& [name, condition] : any) {
        some.push_back(test_of(table, name, condition));
    }
    std::vector<Record const*> rows;
    for (auto const& [id, record] : table.rows) {
        auto const holds = [&row = record](Test const& test) { return test(row); };
        if (std::ranges::all_of(all, holds) && (some.empty() || std::ranges::any_of(some, holds))) {
            rows.push_back(&record);
        }
    }
    std::ranges::stable_sort(rows, [&](Record const* a, Record const* b) {
        for (auto const& [name, descending] : order) {
            auto const left = field(*a, name);
            auto const right = field(*b, name);
            auto const sign =
                left && right ? compare(table.column(name), *left, *right) : right.has_value() - left.has_value();
            if (sign != 0) {
                return descending ? sign > 0 : sign < 0;
            }
        }
        return false;
    });
    return rows;
}

std::string form_decoded(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

} // namespace backfill::test
