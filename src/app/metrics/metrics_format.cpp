#include "app/metrics/metrics_format.hpp"

#include "backfill/core/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace backfill::app {
namespace {

std::string escaped(std::string_view value)
{
    std::string text;
    for (char const c : value) {
        text += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
    }
    return text;
}

std::string text_of(MetricLabels const& labels)
{
    std::string text;
    for (auto const& [name, value] : labels) {
        text += (text.empty() ? "" : ",") + name + "=\"" + escaped(value) + '"';
    }
    return '{' + text + '}';
}

/// Takes a line apart; `ok` is false as soon as it is no sample.
struct SampleReader {
    std::string_view rest;
    bool ok = true;

    std::string_view word()
    {
        auto const* const end =
            std::find_if_not(rest.begin(), rest.end(), [](char c) { return is_ascii_alphanumeric(c) || c == '_'; });
        auto const length = static_cast<std::size_t>(end - rest.begin());
        auto const found = rest.substr(0, length);
        rest.remove_prefix(length);
        ok = ok && length > 0;
        return found;
    }

    bool take(char c)
    {
        bool const found = rest.starts_with(c);
        rest.remove_prefix(found ? 1 : 0);
        return found;
    }

    void expect(char c) { ok = take(c) && ok; }

    std::string quoted()
    {
        std::string text;
        expect('"');
        while (ok && !rest.starts_with('"')) {
            bool const escape = take('\\');
            ok = !rest.empty();
            if (ok) {
                text += escape && rest.front() == 'n' ? '\n' : rest.front();
                rest.remove_prefix(1);
            }
        }
        expect('"');
        return text;
    }

    MetricLabels labels()
    {
        MetricLabels found;
        expect('{');
        while (ok && !rest.starts_with('}')) {
            std::string const name{word()};
            expect('=');
            found[name] = quoted();
            if (!take(',')) {
                break;
            }
        }
        expect('}');
        return found;
    }

    std::string value()
    {
        expect(' ');
        double parsed = 0;
        auto const [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), parsed);
        ok = ok && error == std::errc{} && stop == rest.data() + rest.size() && std::isfinite(parsed);
        return std::string{rest};
    }
};

} // namespace

void MetricsWriter::metric(std::string_view name, MetricType type, std::string_view help)
{
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    text_ += type == MetricType::counter ? " counter\n" : " gauge\n";
}

void MetricsWriter::sample(MetricLabels const& labels, std::string_view value)
{
    text_.append(name_).append(text_of(labels)).append(" ").append(value).append("\n");
}

std::optional<MetricSample> parse_sample(std::string_view line)
{
    SampleReader reader{line};
    MetricSample sample;
    sample.name = reader.word();
    sample.labels = reader.labels();
    sample.value = reader.value();
    return reader.ok ? std::optional{std::move(sample)} : std::nullopt;
}

} // namespace backfill::app
