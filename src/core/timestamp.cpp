#include "backfill/core/timestamp.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>

namespace backfill {
namespace {

/// Reads a timestamp from the left; every function returns nothing when the text is not of that form.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_{text} {}

    /// `count` digits that make a number of at most `max`.
    std::optional<int> number(std::size_t count, int max)
    {
        auto const digits = rest_.substr(0, count);
        int value = 0;
        auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.size() < count || digits.front() == '-' || end != digits.data() + count || value > max) {
            return std::nullopt;
        }
        rest_.remove_prefix(count);
        return value;
    }

    bool take(std::string_view any_of)
    {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    /// The digits after a decimal point; nothing when there is none, or more than nine.
    std::optional<std::string_view> fraction()
    {
        if (!take(".,")) {
            return std::string_view{};
        }
        auto const end = rest_.find_first_not_of("0123456789");
        auto const digits = rest_.substr(0, end);
        rest_.remove_prefix(digits.size());
        return digits.size() <= 9 ? std::optional{digits} : std::nullopt;
    }

    bool at_end() const { return rest_.empty(); }
    char next() const { return rest_.empty() ? '\0' : rest_.front(); }

private:
    std::string_view rest_;
};

std::optional<std::chrono::minutes> read_offset(Reader& reader)
{
    using namespace std::chrono_literals;
    if (reader.at_end() || reader.take("Zz")) {
        return 0min;
    }
    int const sign = reader.next() == '-' ? -1 : 1;
    if (!reader.take("+-")) {
        return std::nullopt;
    }
    auto const hours = reader.number(2, 23);
    bool const has_minutes = reader.take(":") || !reader.at_end();
    auto const minutes = has_minutes ? reader.number(2, 59) : 0;
    if (!hours || !minutes) {
        return std::nullopt;
    }
    return std::chrono::minutes{sign * (*hours * 60 + *minutes)};
}

/// Reads `2025-07-10T19:47:55`.
std::optional<std::chrono::sys_seconds> read_second(Reader& reader)
{
    struct Part {
        std::size_t digits;
        int max;
        std::string_view then; ///< one of these follows
    };
    // Second 60 is a leap second: it becomes the next minute, as in PostgreSQL.
    static constexpr std::array<Part, 6> kParts{
        {{4, 9999, "-"}, {2, 12, "-"}, {2, 31, "Tt "}, {2, 23, ":"}, {2, 59, ":"}, {2, 60, ""}}};
    std::array<int, kParts.size()> parts{};
    for (std::size_t i = 0; i < kParts.size(); ++i) {
        auto const number = reader.number(kParts[i].digits, kParts[i].max);
        if (!number || (!kParts[i].then.empty() && !reader.take(kParts[i].then))) {
            return std::nullopt;
        }
        parts[i] = *number;
    }
    auto const [year, month, day, hour, minute, second] = parts;
    std::chrono::year_month_day const date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
        std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute}
    + std::chrono::seconds{second};
}

/// Writes digits without a formatter: each message has a time.
void append_number(std::string& out, unsigned value, std::size_t width, char then)
{
    out.append(width, '0');
    for (auto digit = out.rbegin(); value > 0; ++digit, value /= 10) {
        *digit = static_cast<char>('0' + value % 10);
    }
    out += then;
}

std::string format(std::chrono::sys_seconds moment, std::string_view fraction)
{
    auto const day = std::chrono::floor<std::chrono::days>(moment);
    std::chrono::year_month_day const date{day};
    auto const second_of_day = static_cast<unsigned>((moment - day).count());
    std::string out;
    out.reserve(28);
    auto const year = static_cast<int>(date.year());
    append_number(out, static_cast<unsigned>(year), 4, '-');
    append_number(out, static_cast<unsigned>(date.month()), 2, '-');
    append_number(out, static_cast<unsigned>(date.day()), 2, 'T');
    append_number(out, second_of_day / 3600, 2, ':');
    append_number(out, second_of_day / 60 % 60, 2, ':');
    append_number(out, second_of_day % 60, 2, fraction.empty() ? 'Z' : '.');
    if (!fraction.empty()) {
        out += fraction;
        out += 'Z';
    }
    return out;
}

} // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text)
{
    Reader reader{text};
    auto const local = read_second(reader);
    if (!local) {
        return std::nullopt;
    }
    auto const fraction = reader.fraction();
    if (!fraction) {
        return std::nullopt;
    }
    auto const offset = read_offset(reader);
    if (!offset || !reader.at_end()) {
        return std::nullopt;
    }
    auto const kept = fraction->substr(0, 6);
    long long microseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        microseconds = microseconds * 10 + (i < kept.size() ? kept[i] - '0' : 0);
    }
    auto const moment = *local - *offset;
    using std::chrono::sys_days;
    using std::chrono::year;
    if (moment < sys_days{year{0} / 1 / 1} || moment >= sys_days{year{10'000} / 1 / 1}) {
        return std::nullopt; // with its offset, the year is one that RFC 3339 cannot write
    }
    return Timestamp{moment.time_since_epoch().count() * 1'000'000 + microseconds, format(moment, kept)};
}

std::string timestamp_text(std::chrono::system_clock::time_point time)
{
    auto const moment = std::chrono::floor<std::chrono::milliseconds>(time);
    auto const second = std::chrono::floor<std::chrono::seconds>(moment);
    auto const fraction = std::to_string(1000 + (moment - second).count()); // with its leading zeros
    return format(second, std::string_view{fraction}.substr(1));
}

} // namespace backfill
