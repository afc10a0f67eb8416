#include "app/log/number_text.hpp"

#include <cmath>

namespace backfill::app {

std::size_t rounded(double number)
{
    return static_cast<std::size_t>(std::llround(number));
}

std::string grouped(std::size_t number)
{
    auto text = std::to_string(number);
    for (auto at = text.size(); at > 3; at -= 3) {
        text.insert(at - 3, "\u202F");
    }
    return text;
}

std::string counted(std::size_t number, char const* one, char const* many)
{
    return grouped(number) + " " + (number == 1 ? one : many);
}

} // namespace backfill::app
