#include "backfill/core/timestamp.hpp"

#include <algorithm>
#include <cstddef>

namespace backfill {
namespace {

/// Reads a timestamp from the left. What is not of its form makes the whole fail.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : rest_{text} {}

    /// `count` digits that make a number of at most `max`, and one of `then`.
    int number(std::size_t count, int max, std::string_view then = {})
    {
        auto const digits = rest_.substr(0, count);
        rest_.remove_prefix(digits.size());
        int value = 0;
        for (char const c : digits) {
            expect(c >= '0' && c <= '9');
            value = value * 10 + (c - '0');
        }
        expect(digits.size() == count && value <= max);
        expect(then.empty() || take(then));
        return value;
    }

    /// The digits after a decimal point, at most nine; empty when there is none.
    std::string_view fraction()
    {
        auto const digits = take(".,") ? rest_.substr(0, rest_.find_first_not_of("0123456789")) : std::string_view{};
        rest_.remove_prefix(digits.size());
        expect(digits.size() <= 9);
        return digits;
    }

    std::chrono::minutes offset()
    {
        if (rest_.empty() || take("Zz")) {
            return {};
        }
        int const sign = rest_.front() == '-' ? -1 : 1;
        expect(take("+-"));
        auto const hours = number(2, 23);
        bool const has_minutes = take(":") || !rest_.empty();
        return std::chrono::minutes{sign * (hours * 60 + (has_minutes ? number(2, 59) : 0))};
    }

    bool succeeded() const { return succeeded_ && rest_.empty(); }

private:
    bool take(std::string_view any_of)
    {
        bool const is_there = !rest_.empty() && std::ranges::find(any_of, rest_.front()) != any_of.end();
        rest_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }

    void expect(bool fits) { succeeded_ = succeeded_ && fits; }

    std::string_view rest_;
    bool succeeded_ = true;
};

/// Writes digits without a formatter: each message has a time.
std::string format(std::chrono::sys_seconds moment, std::string_view fraction)
{
    auto const day = std::chrono::floor<std::chrono::days>(moment);
    std::chrono::year_month_day const date{day};
    auto const second_of_day = static_cast<unsigned>((moment - day).count());
    std::string out;
    out.reserve(28);
    out = "0000-00-00T00:00:00";
    auto const put = [&out](std::size_t last_digit, unsigned value) {
        for (; value > 0; --last_digit, value /= 10) {
            out[last_digit] = static_cast<char>('0' + value % 10);
        }
    };
    put(3, static_cast<unsigned>(static_cast<int>(date.year())));
    put(6, static_cast<unsigned>(date.month()));
    put(9, static_cast<unsigned>(date.day()));
    put(12, second_of_day / 3600);
    put(15, second_of_day / 60 % 60);
    put(18, second_of_day % 60);
    out.append(fraction.empty() ? "" : ".").append(fraction);
    return out += 'Z';
}

/// The same of a text that has this form already, but for what parts date and time.
std::string as_written(std::string_view text, std::string_view fraction)
{
    constexpr std::size_t kUpToSeconds = 19;
    std::string out;
    out.reserve(28);
    out = text.substr(0, kUpToSeconds);
    out[10] = 'T';
    out.append(fraction.empty() ? "" : ".").append(fraction);
    return out += 'Z';
}

} // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text)
{
    TimeReader reader{text};
    auto const year = reader.number(4, 9999, "-");
    auto const month = reader.number(2, 12, "-");
    auto const day = reader.number(2, 31, "Tt ");
    auto const hour = reader.number(2, 23, ":");
    auto const minute = reader.number(2, 59, ":");
    auto const second = reader.number(2, 60); // 60, a leap second, becomes the next minute, as in PostgreSQL
    auto const fraction = reader.fraction().substr(0, 6);
    auto const offset = reader.offset();
    using namespace std::chrono;
    year_month_day const date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}};
    if (!reader.succeeded() || !date.ok()) {
        return std::nullopt;
    }
    auto const moment = sys_days{date} + hours{hour} + minutes{minute} + seconds{second} - offset;
    if (moment < sys_days{std::chrono::year{0} / 1 / 1} || moment >= sys_days{std::chrono::year{10'000} / 1 / 1}) {
        return std::nullopt; // with its offset, the year is one that RFC 3339 cannot write
    }
    long long micros = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        micros = micros * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
    bool const is_utc = offset.count() == 0 && second < 60;
    return Timestamp{moment.time_since_epoch().count() * 1'000'000 + micros,
        is_utc ? as_written(text, fraction) : format(moment, fraction)};
}

std::string timestamp_text(std::chrono::system_clock::time_point time)
{
    auto const moment = std::chrono::floor<std::chrono::milliseconds>(time);
    auto const second = std::chrono::floor<std::chrono::seconds>(moment);
    auto const fraction = std::to_string(1000 + (moment - second).count()); // with its leading zeros
    return format(second, std::string_view{fraction}.substr(1));
}

} // namespace backfill
