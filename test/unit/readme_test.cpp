#include "app/setting_specs.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace backfill::app;

namespace {

/// The line of README's settings table that names the variable.
std::string table_row(std::string const& readme, std::string const& variable)
{
    auto const begin = readme.find("\n| `" + variable + "`");
    auto const inside = begin == std::string::npos ? readme.find("`" + variable + "`") : begin + 1;
    if (inside == std::string::npos) {
        return {};
    }
    auto const start = readme.rfind('\n', inside) + 1;
    return readme.substr(start, readme.find('\n', inside) - start);
}

} // namespace

TEST_CASE("README's settings table names every variable, option and default of the program")
{
    std::ifstream file{TEST_DIR "/../README.md"};
    std::string const readme{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE_FALSE(readme.empty());
    for (auto const& spec : setting_specs()) {
        for (auto const& variable : spec.variables) {
            auto const row = table_row(readme, variable);
            CAPTURE(variable, row);
            CHECK(row.starts_with("| `"));
            CHECK((spec.option.empty() || row.find("`" + spec.option + "`") != std::string::npos));
            CHECK((spec.fallback.empty() || row.find(spec.fallback) != std::string::npos));
        }
    }
}
