#include "fuzz/fuzz.hpp"

#include "supabase/fault.hpp"
#include "supabase/json_rows.hpp"
#include "supabase/wordings.hpp"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <array>

// A body of PostgREST, or of whatever stands before it, with some status: rows are what Poco's tree has, errors are
// classified without looking at `details`, and what is printed quotes no text that the server did not make itself.

namespace {

using namespace backfill;

std::vector<std::string> const kKeys{"id", "created_time"};

void check_rows(std::string_view body)
{
    auto const answer = supabase::read_rows(body, kKeys);
    auto const* const rows = answer ? &answer->rows : nullptr;
    auto const copy = fuzz::reread(body);
    if (rows != nullptr) {
        for (auto const& row : *rows) {
            fuzz::require(std::all_of(row.begin(), row.end(), fuzz::is_storable), "values are UTF-8 without NUL");
        }
    }
    fuzz::require(copy || !rows, "rows are JSON");
    if (!copy) {
        return;
    }
    auto const tree = fuzz::as_poco_reads(*copy);
    auto const array = tree.type() == typeid(Poco::JSON::Array::Ptr) ? tree.extract<Poco::JSON::Array::Ptr>()
                                                                     : Poco::JSON::Array::Ptr{};
    bool objects = !array.isNull();
    for (std::size_t i = 0; objects && i < array->size(); ++i) {
        objects = array->isObject(static_cast<unsigned>(i));
    }
    fuzz::require((rows != nullptr) == objects, "rows are an array of objects");
    fuzz::require(!rows || rows->size() == array->size(), "each object is a row");
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        auto const id = array->getObject(static_cast<unsigned>(i))->get("id");
        fuzz::require(!id.isString() || id.extract<std::string>() == (*rows)[i][0], "values are what the tree has");
    }
}

void check_fault(http::Reply const& reply)
{
    auto const error = supabase::read_error(reply.body);
    for (auto const& text : {error.code, error.message, error.hint}) {
        fuzz::require(fuzz::is_storable(text), "error texts are UTF-8 without NUL");
    }
    for (bool const with_rows : {false, true}) {
        auto const fault = supabase::classify(reply, {with_rows, false, false});
        fuzz::require(reply.succeeded() == (fault == supabase::Fault::none), "a 2xx alone is no fault");
        bool const is_keys = reply.status == 401 && error.code.empty();
        fuzz::require(!is_keys || fault == supabase::Fault::fatal, "a key that is refused is fatal");
    }
    fuzz::require(!supabase::may_be_stale_cache(reply) || reply.status >= 400, "a stale cache is an error");
    for (auto const& line : {supabase::explain(reply), supabase::advice(reply, "", "Message")}) {
        fuzz::require(fuzz::is_storable(line) && line.find('\n') == std::string::npos, "one printable line");
        fuzz::require(!line.empty() && line.size() < 1000, "short enough to print");
    }
    bool const says_nothing = error.code.empty() && error.message.empty(); // a broken connection is told by that
    if (reply.status >= 300 && !says_nothing && !supabase::read_message(error.message)) {
        auto other = reply;
        other.body = R"({"message":"quoted","hint":"quoted","details":"quoted","code":)";
        append_json_string(other.body, error.code);
        other.body += '}';
        bool const says_more = supabase::explain(other) != supabase::explain(reply);
        fuzz::require(!says_more, "no text of another's is quoted");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    constexpr std::array kStatuses{200, 302, 400, 401, 404, 409, 413, 429, 500, 503, 524, 540};
    auto const body = fuzz::view(data, size);
    check_rows(body);
    check_fault({kStatuses[size % kStatuses.size()], {}, std::string{body}}); // any choice does
    return 0;
}
