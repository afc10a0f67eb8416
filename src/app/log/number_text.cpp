#include "app/log/number_text.hpp"

namespace backfill::app {

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
