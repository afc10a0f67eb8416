#include "support/simulator_switches.hpp"

#include "support/simulator_wire.hpp"

#include <array>
#include <charconv>
#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace backfill::test {
namespace {

template <typename Value>
using Names = std::initializer_list<std::pair<std::string_view, Value>>;

Names<FaultKind> const kKinds{{"status", FaultKind::status}, {"html_200", FaultKind::html_200},
    {"redirect", FaultKind::redirect}, {"reset", FaultKind::reset}, {"close", FaultKind::close},
    {"close_after", FaultKind::close_after}, {"cut_header", FaultKind::cut_header},
    {"cut_length", FaultKind::cut_length}, {"cut_chunk", FaultKind::cut_chunk},
    {"missing_last_chunk", FaultKind::missing_last_chunk}, {"hang", FaultKind::hang}, {"stall", FaultKind::stall},
    {"drip", FaultKind::drip}, {"drip_body", FaultKind::drip_body}, {"gzip", FaultKind::gzip},
    {"broken_json", FaultKind::broken_json}, {"lone_surrogate", FaultKind::lone_surrogate},
    {"invalid_utf8", FaultKind::invalid_utf8}, {"nul_escape", FaultKind::nul_escape},
    {"huge_integer", FaultKind::huge_integer}, {"deep_nesting", FaultKind::deep_nesting},
    {"huge_body", FaultKind::huge_body}, {"gzip_bomb", FaultKind::gzip_bomb}, {"interim", FaultKind::interim},
    {"page_before", FaultKind::page_before}, {"endless", FaultKind::endless}, {"clamp", FaultKind::clamp}};

Names<ErrorBody> const kBodies{{"json", ErrorBody::json}, {"success_false", ErrorBody::success_false},
    {"html", ErrorBody::html}, {"text", ErrorBody::text}, {"empty", ErrorBody::empty}};

Names<RateHeaders> const kRateHeaders{
    {"none", RateHeaders::none}, {"limit", RateHeaders::limit}, {"total", RateHeaders::total}};

Names<FaultCount> const kCounts{{"together", FaultCount::together}, {"each_page", FaultCount::each_page}};

Names<LinkForm> const kForms{{"relative", LinkForm::relative}, {"absolute", LinkForm::absolute},
    {"without_rel", LinkForm::without_rel}, {"absent", LinkForm::absent}};

Names<LastLink> const kLastLinks{
    {"last_missing", LastLink::missing}, {"last_null", LastLink::null}, {"last_present", LastLink::present}};

Names<PastEnd> const kPastEnds{
    {"empty", PastEnd::empty}, {"wrong_page", PastEnd::wrong_page}, {"repeat_last", PastEnd::repeat_last}};

template <typename Value>
std::string allowed(Names<Value> names)
{
    std::string list;
    for (auto const& [name, value] : names) {
        list += (list.empty() ? "" : " | ") + std::string{name};
    }
    return list;
}

template <typename Value>
Value find(Names<Value> names, std::string_view key, std::string_view text)
{
    for (auto const& [name, value] : names) {
        if (name == text) {
            return value;
        }
    }
    throw std::invalid_argument{std::string{key} + "=" + std::string{text} + ": must be " + allowed(names)};
}

template <typename Number>
Number number(std::string_view key, std::string_view text, Number least)
{
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least) {
        throw std::invalid_argument{
            std::string{key} + "=" + std::string{text} + ": must be a number from " + std::to_string(least)};
    }
    return value;
}

/// "none", "zero", "7" (seconds) or "date:7" (the date in 7 seconds).
void set_retry_after(Fault& fault, std::string_view text)
{
    constexpr std::string_view kDate = "date:";
    if (text == "none" || text == "zero" || text == "0") {
        fault.retry_after = text == "none" ? RetryAfter::none : RetryAfter::zero;
        return;
    }
    auto const is_date = text.starts_with(kDate);
    fault.retry_after = is_date ? RetryAfter::date : RetryAfter::seconds;
    fault.wait = std::chrono::seconds{number<int>("retry_after", is_date ? text.substr(kDate.size()) : text, 1)};
}

void set_field(Fault& fault, std::string_view key, std::string_view value)
{
    if (key == "conversation") {
        fault.conversation = percent_decoded(value);
    } else if (key == "page") {
        fault.page = number<int>(key, value, 1);
    } else if (key == "after") {
        fault.after = number<std::size_t>(key, value, 0);
    } else if (key == "times") {
        fault.times = value == "always" ? kAlways : number<std::size_t>(key, value, 1);
    } else if (key == "count") {
        fault.count = find(kCounts, key, value);
    } else if (key == "kind") {
        fault.kind = find(kKinds, key, value);
    } else if (key == "status") {
        fault.status = number<int>(key, value, 100);
    } else if (key == "body") {
        fault.body = find(kBodies, key, value);
    } else if (key == "code") {
        fault.code = value;
    } else if (key == "retry_after") {
        set_retry_after(fault, value);
    } else if (key == "rate_headers") {
        fault.rate_headers = find(kRateHeaders, key, value);
    } else if (key == "interval_ms") {
        fault.interval = std::chrono::milliseconds{number<int>(key, value, 0)};
    } else if (key == "size") {
        fault.size = number<std::size_t>(key, value, 1);
    } else {
        throw std::invalid_argument{"unknown key \"" + std::string{key} + "\" in a fault"};
    }
}

/// Calls `use` with what stands between the commas.
template <typename Use>
void for_each_item(std::string_view text, Use use)
{
    while (true) {
        auto const comma = text.find(',');
        use(text.substr(0, comma));
        if (comma == std::string_view::npos) {
            return;
        }
        text.remove_prefix(comma + 1);
    }
}

} // namespace

Fault parse_fault(std::string_view text)
{
    Fault fault;
    for_each_item(text, [&](std::string_view item) {
        auto const equals = item.find('=');
        if (equals == std::string_view::npos) {
            throw std::invalid_argument{"\"" + std::string{item} + "\" in a fault: must be key=value"};
        }
        set_field(fault, item.substr(0, equals), item.substr(equals + 1));
    });
    return fault;
}

void parse_link(std::string_view text, Switches& switches)
{
    for_each_item(text, [&](std::string_view item) {
        if (item.starts_with("last_")) {
            switches.last_link = find(kLastLinks, "link", item);
        } else {
            switches.link = find(kForms, "link", item);
        }
    });
}

PastEnd parse_past_end(std::string_view text)
{
    return find(kPastEnds, "past-end", text);
}

std::string fault_help()
{
    return "A fault is a comma list of key=value:\n"
           "  conversation=ID     only this one (%-encoded, a comma is %2C); default any\n"
           "  page=N              only this page; default any\n"
           "  after=N             lets N matching requests pass first; default 0\n"
           "  times=N | always    strikes so many; default 1\n"
           "  count="
        + allowed(kCounts)
        + "\n"
          "                      what after and times count; default together\n"
          "  kind="
        + allowed(kKinds)
        + "\n"
          "                      default status\n"
          "  status=N            HTTP status; default 503\n"
          "  body="
        + allowed(kBodies)
        + "\n"
          "                      default json\n"
          "  code=CODE           body=json as PostgREST writes it, with this code; default Freshchat's form\n"
          "  retry_after=none | zero | SECONDS | date:SECONDS\n"
          "  rate_headers="
        + allowed(kRateHeaders)
        + "\n"
          "  interval_ms=N       per byte of drip and drip_body; default 1000\n"
          "  size=N              levels of deep_nesting, bytes of huge_body, unpacked bytes of gzip_bomb, answers of "
          "interim;\n"
          "                      default 100000, 100000000, 100000000, 1\n"
          "When several match, the first with strikes left wins.\n";
}

} // namespace backfill::test
