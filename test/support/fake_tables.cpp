#include "support/fake_tables.hpp"

#include "backfill/core/timestamp.hpp"

#include <algorithm>
#include <regex>

namespace backfill::test {
namespace {

using Type = FakeColumn::Type;
using Null = FakeColumn::Null;
using Key = FakeColumn::Key;

FakeTable message_table()
{
    FakeTable table;
    table.columns = {{"id", {Type::text, Null::refused, Key::unique}}, {"conversationid", {Type::text, Null::refused}},
        {"actor_type", {Type::text, Null::refused}}, {"message_parts", {Type::text, Null::refused}},
        {"created_time", {Type::time, Null::refused}}, {"rating", {}}};
    return table;
}

FakeTable checked_table()
{
    FakeTable table;
    table.columns = {{"id", {Type::text, Null::refused, Key::unique, 40}},
        {"conversationid", {Type::text, Null::refused, Key::none, 40}},
        {"actor_type", {Type::text, Null::refused, Key::none, 10}},
        {"message_parts", {Type::text, Null::refused, Key::none, 200}},
        {"created_time", {Type::time, Null::refused, Key::unique}}};
    table.before_insert = [](Record const& record) {
        if (record.at("message_parts") == "poison") {
            throw SqlError{400, "23514", "new row violates check constraint", "Failing row contains (poison)."};
        }
    };
    return table;
}

FakeTable mapped_table()
{
    FakeTable table;
    table.columns = {{"msg_id", {Type::text, Null::refused, Key::unique}}, {"conv", {Type::text, Null::refused}},
        {"who", {}}, {"body", {}}, {"at", {Type::time}}, {"payload", {Type::json}}};
    return table;
}

/// The unique column that names the rows.
std::string key_column(FakeTable const& table)
{
    for (char const* name : {"id", "msg_id"}) {
        auto const found = table.columns.find(name);
        if (found != table.columns.end() && found->second.key == Key::unique) {
            return name;
        }
    }
    return {};
}

std::string postgres_time(std::string text)
{
    text.pop_back(); // the Z
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return text + "+00:00";
}

} // namespace

void FakeTable::demand(std::string const& name, Role role, Right right) const
{
    if (role != Role::anon && withheld.contains(right)) {
        throw SqlError{403, "42501", "permission denied for table " + name};
    }
}

FakeColumn const& FakeTable::column(std::string const& name) const
{
    auto const found = columns.find(name);
    if (found == columns.end()) {
        throw SqlError{400, "42703", "column " + name + " does not exist"};
    }
    return found->second;
}

Value stored_form(FakeColumn const& column, Value const& value)
{
    static std::regex const uuid{"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"};
    if (!value) {
        return value;
    }
    auto text = *value;
    switch (column.type) {
    case Type::uuid:
        if (!std::regex_match(text, uuid)) {
            throw SqlError{400, "22P02", "invalid input syntax for type uuid: \"" + text + "\""};
        }
        std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'F' ? char(c + 32) : c; });
        return text;
    case Type::time: {
        auto const time = parse_timestamp(text);
        if (!time) {
            throw SqlError{400, "22007", "invalid input syntax for type timestamp with time zone: \"" + text + "\""};
        }
        return postgres_time(time->text);
    }
    default:
        if (text.size() > column.longest) { // bytes, not characters: good enough for its tests
            throw SqlError{400, "22001", "value too long for type character varying"};
        }
        return text;
    }
}

FakeTables::FakeTables()
{
    FakeTable conversations;
    conversations.columns = {{"id", {Type::text, Null::refused, Key::unique}}, {"created_time", {Type::time}},
        {"status", {}}, {"userid", {}}};
    tables_["Conversation"] = tables_["Conversation_open"] = tables_["Conversation_empty"] = conversations;
    tables_["Conversation_open"].policy = FakeTable::Policy::everyone;

    for (char const* name :
        {"Message", "Message_open", "Message_no_key", "Message_no_insert", "Message_no_update", "Message_no_select",
            "Message_uuid", "Message_serial", "Müll, \"Nachrichten\"", "Message_raising", "Message_slow"}) {
        tables_[name] = message_table();
    }
    tables_["Message"].conversations = "Conversation";
    tables_["Message_open"].policy = FakeTable::Policy::everyone;
    tables_["Message_no_key"].columns["id"].key = Key::none;
    tables_["Message_no_insert"].withheld = {FakeTable::Right::insert, FakeTable::Right::update};
    tables_["Message_no_update"].withheld = {FakeTable::Right::update};
    tables_["Message_no_select"].withheld = {FakeTable::Right::select};
    tables_["Message_uuid"].columns["id"].type = Type::uuid;
    tables_["Message_slow"].hasty_rows = 25;
    tables_["Message_raising"].before_insert = [this](Record const& record) {
        static std::regex const told{"raise ([0-9A-Z]{5})( twice)?"};
        std::smatch match;
        auto const text = record.at("message_parts").value_or("");
        if (std::regex_match(text, match, told) && (!match[2].matched || ++fault_tries_ % 3 != 0)) {
            auto const code = match[1].str();
            throw SqlError{code == "P0001" ? 400 : 500, code, "refused: " + text};
        }
    };
    tables_["Message_checked"] = checked_table();
    tables_["Message_mapped"] = mapped_table();
}

FakeTable& FakeTables::at(std::string const& name)
{
    auto const found = tables_.find(name);
    if (found == tables_.end()) {
        throw SqlError{404, "42P01", "relation \"public." + name + "\" does not exist"};
    }
    return found->second;
}

void FakeTables::check(FakeTable const& table, Record const& record)
{
    for (auto const& [name, column] : table.columns) {
        auto const found = record.find(name);
        bool const null = found == record.end() || !found->second;
        if (null && column.null == Null::refused) {
            throw SqlError{400, "23502", "null value in column \"" + name + "\"", "Failing row contains (null)."};
        }
        if (!null && column.key == Key::unique && name != key_column(table)) {
            for (auto const& [id, other] : table.rows) {
                if (other.at(name) == found->second) {
                    throw SqlError{409, "23505", "duplicate key value violates unique constraint",
                        "Key (" + name + ")=(" + *found->second + ") already exists."};
                }
            }
        }
    }
    if (table.before_insert) {
        table.before_insert(record);
    }
}

std::vector<std::string> FakeTables::insert(std::string const& name, std::vector<Record> const& records,
    std::string const& unique, Resolution resolution, Role role)
{
    auto& table = at(name);
    table.demand(name, role, FakeTable::Right::insert);
    if (resolution == Resolution::merge_duplicates) {
        table.demand(name, role, FakeTable::Right::update);
    }
    if (resolution != Resolution::none && (unique.empty() || table.column(unique).key == Key::none)) {
        throw SqlError{
            400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification"};
    }
    if (!records.empty() && !table.shows_rows_to(role)) {
        throw SqlError{401, "42501", "new row violates row-level security policy for table \"" + name + "\""};
    }
    if (role == Role::hasty_service && records.size() > table.hasty_rows) {
        throw SqlError{500, "57014", "canceling statement due to statement timeout"};
    }
    auto const before = table.rows;
    try {
        std::vector<std::string> touched;
        for (auto const& raw : records) {
            Record record;
            for (auto const& [column, value] : raw) {
                record[column] = stored_form(table.column(column), value);
            }
            auto const id = unique.empty() ? std::to_string(table.rows.size()) : record[unique].value_or("");
            auto const stored = table.rows.find(id);
            if (stored != table.rows.end() && resolution == Resolution::ignore_duplicates) {
                continue;
            }
            if (std::ranges::find(touched, id) != touched.end()) {
                throw SqlError{400, "21000", "ON CONFLICT DO UPDATE command cannot affect row a second time"};
            }
            if (stored == table.rows.end()) {
                check(table, record);
            }
            auto const conversation = record.find("conversationid");
            if (!table.conversations.empty() && conversation != record.end()
                && !at(table.conversations).rows.contains(conversation->second.value_or(""))) {
                throw SqlError{409, "23503", "insert or update violates foreign key constraint",
                    "Key (conversationid)=(" + conversation->second.value_or("") + ") is not present."};
            }
            for (auto& [column, value] : record) {
                table.rows[id][column] = std::move(value);
            }
            touched.push_back(id);
        }
        return touched;
    } catch (SqlError const&) {
        table.rows = before;
        throw;
    }
}

} // namespace backfill::test
