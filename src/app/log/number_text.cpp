#include "app/log/number_text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace backfill::app {
namespace {

struct Amount {
    std::string number;
    std::string unit;

    std::string text() const { return number + (unit.empty() ? "" : " " + unit); }
};

Amount amount(Clock::Duration duration)
{
    auto const seconds = std::chrono::duration<double>(duration).count();
    if (seconds < 89.5) {
        return {std::to_string(std::lround(seconds)), "s"};
    }
    auto const minutes = std::lround(seconds / 60);
    if (minutes < 90) {
        return {std::to_string(minutes), "min"};
    }
    if (minutes < 48L * 60) {
        auto const tens = (minutes + 5) / 10; // single minutes would be pretended
        return {fmt::format("{} h{}", tens / 6, tens % 6 > 0 ? fmt::format(" {} min", tens % 6 * 10) : ""), ""};
    }
    return {std::to_string(std::lround(static_cast<double>(minutes) / 1440)), "days"};
}

} // namespace

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

std::string counted(std::size_t number, std::string const& one)
{
    return counted(number, one, one + "s");
}

std::string counted(std::size_t number, std::string const& one, std::string const& many)
{
    return grouped(number) + " " + (number == 1 ? one : many);
}

std::string plain_counted(std::size_t number, std::string const& one)
{
    return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

std::string duration_text(Clock::Duration duration)
{
    return amount(duration).text();
}

std::string range_text(Clock::Duration low, Clock::Duration high)
{
    auto const from = amount(low);
    auto const to = amount(high);
    if (from.text() == to.text()) {
        return to.text();
    }
    return from.unit == to.unit && !to.unit.empty() ? from.number + "-" + to.text() : from.text() + " - " + to.text();
}

std::string seconds_text(Clock::Duration duration)
{
    return fmt::format("{:.2f}", std::chrono::duration<double>(duration).count());
}

double rounded_seconds(Clock::Duration duration, int decimals)
{
    auto const scale = std::pow(10.0, decimals);
    return std::round(std::chrono::duration<double>(duration).count() * scale) / scale;
}

} // namespace backfill::app
