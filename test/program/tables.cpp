#include "program/tables.hpp"

#include "support/program_run.hpp"
#include "support/psql.hpp"
#include "support/world_text.hpp"

#include "backfill/core/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <sstream>

namespace backfill::test {
namespace {

constexpr auto kColumns = "id, conversationid, actor_type, message_parts, created_time";

} // namespace

void empty_tables()
{
    psql(R"(truncate "Conversation", "Message", "Conversation_open", "Message_open", "Message_checked", )"
         R"("Message_mapped", "Message_no_key", "Message_raising", "Message_uuid")");
}

void store_only(World const& world)
{
    empty_tables();
    std::ostringstream csv;
    world.write_conversations_csv(csv);
    psql(R"(copy "Conversation" (id, created_time) from stdin (format csv))", csv.str());
}

void store_only(std::vector<std::string> const& ids, std::string const& table)
{
    empty_tables();
    constexpr std::chrono::sys_days kFirst{std::chrono::year{2025} / 1 / 1};
    std::string csv;
    for (auto const& id : ids) {
        csv += sql_name(id) + "," + timestamp_text(kFirst + std::chrono::minutes{&id - ids.data()}) + "\n";
    }
    psql("copy \"" + table + "\" (id, created_time) from stdin (format csv)", csv);
}

std::size_t row_count(std::string const& table)
{
    return std::stoul(psql("select count(*) from \"" + table + "\""));
}

std::vector<std::string> differences(World const& world)
{
    std::ostringstream csv;
    world.write_expected_messages_csv(csv);
    std::string const columns = kColumns;
    auto const minus = [&columns](char const* a, char const* b) {
        return "(select " + columns + " from " + a + " except all select " + columns + " from " + b + ")";
    };
    return lines_of(psql("create temp table expected (like \"Message\");"
                         "copy expected ("
            + columns + ") from stdin (format csv);" + "select 'missing ' || id from "
            + minus("expected", "\"Message\"") + " a union all select 'surplus ' || id from "
            + minus("\"Message\"", "expected") + " b",
        csv.str()));
}

std::string compare_with(World const& world)
{
    auto const lines = differences(world);
    auto const missing = std::ranges::count_if(lines, [](auto const& line) { return line.starts_with("missing"); });
    return std::to_string(missing) + " missing, " + std::to_string(std::ssize(lines) - missing) + " too many";
}

std::vector<std::string> stored_texts(std::string const& table)
{
    return lines_of(
        psql("select id || ' ' || message_parts from \"" + table + "\" order by conversationid, created_time, id"));
}

std::string message_json(std::string const& id, std::string const& text, int second, std::string const& actor)
{
    return fmt::format(R"({{"id":"{}","actor_type":"{}","message_type":"normal",)"
                       R"("created_time":"2025-06-01T{:02}:{:02}:{:02}.000Z",)"
                       R"("message_parts":[{{"text":{{"content":"{}"}}}}]}})",
        json_escaped(id), actor, second / 3600, second / 60 % 60, second % 60, text);
}

std::vector<std::string> messages(std::string const& prefix, int count)
{
    std::vector<std::string> list;
    for (int i = count; i > 0; --i) {
        list.push_back(message_json(prefix + std::to_string(i), "text of " + prefix + std::to_string(i), i));
    }
    return list;
}

} // namespace backfill::test
