#pragma once

#include <boost/program_options.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace backfill::test {

/// What main() of a test's program does: parses the line and calls `run` with its values. Returns the exit code.
template <typename Run>
int run_with_options(std::string const& name, boost::program_options::options_description const& options,
    boost::program_options::positional_options_description const& positional, int argc, char** argv, Run run)
{
    namespace po = boost::program_options;
    try {
        po::variables_map values;
        po::store(po::command_line_parser{argc, argv}.options(options).positional(positional).run(), values);
        po::notify(values);
        if (values.count("help") != 0) {
            std::cout << options;
            return 0;
        }
        return run(values);
    } catch (po::error const& error) {
        std::cerr << name << ": " << error.what() << '\n' << options;
        return 2;
    } catch (std::exception const& error) {
        std::cerr << name << ": " << error.what() << '\n';
        return 1;
    }
}

} // namespace backfill::test
