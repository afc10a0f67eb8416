#include "support/psql.hpp"

#include "support/stack.hpp"
#include "support/subprocess.hpp"

#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace backfill::test {
namespace {

std::string quoted(std::string const& text, char quote)
{
    std::ostringstream out;
    out << std::quoted(text, quote, quote);
    return out.str();
}

} // namespace

std::string psql(std::string const& sql, std::string const& input)
{
    auto const& stack = Stack::local();
    Subprocess child{
        {find_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", stack.value("PGHOST"), "-p",
            stack.value("PGPORT"), "-U", "postgres", "-d", stack.value("PGDATABASE"), "-c", sql},
        {}, input};
    auto ended = child.wait();
    if (ended.code != 0) {
        throw std::runtime_error{"psql: " + ended.err};
    }
    while (ended.out.ends_with('\n')) {
        ended.out.pop_back();
    }
    return ended.out;
}

std::string sql_quoted(std::string const& text)
{
    return quoted(text, '\'');
}

std::string sql_name(std::string const& text)
{
    return quoted(text, '"');
}

} // namespace backfill::test
