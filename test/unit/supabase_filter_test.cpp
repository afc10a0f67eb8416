// CONVERSATION_FILTER: what is taken for a filter, and how it is sent.

#include "backfill/supabase/filter.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <tuple>

using namespace backfill::supabase;

namespace {

std::string refusal_of(std::string const& text)
{
    try {
        read_filter(text);
    } catch (std::invalid_argument const& error) {
        return error.what();
    }
    return "taken";
}

} // namespace

TEST_CASE("a filter is sent as it reads, each of its characters encoded once")
{
    using Row = std::tuple<std::string, std::string>;
    auto const [text, query] = GENERATE(table<std::string, std::string>({
        Row{"status=neq.resolved", "status=neq.resolved"}, Row{" status = neq.resolved ", "status=neq.resolved"},
        Row{"status=eq.", "status=eq."}, Row{"channel_id=in.(a,b)", "channel_id=in.%28a%2Cb%29"},
        Row{R"(channel_id=in.("a,b","c\"d"))", "channel_id=in.%28%22a%2Cb%22%2C%22c%5C%22d%22%29"},
        Row{"channel_id=in.()", "channel_id=in.%28%29"}, Row{"name=eq.Müller", "name=eq.M%C3%BCller"},
        Row{"name=eq.a+b", "name=eq.a%2Bb"}, Row{"name=eq.a b", "name=eq.a%20b"},
        Row{"name=eq.50%25", "name=eq.50%2525"}, // no encoding of the user's is decoded
        Row{"name=eq.a=b", "name=eq.a%3Db"}, Row{"name=eq.#1", "name=eq.%231"}, Row{"name=like.*a_", "name=like.%2Aa_"},
        Row{"name=ilike.%Smith%", "name=ilike.%25Smith%25"},
        Row{"created_at=gte.2024-01-01T00:00:00+02:00", "created_at=gte.2024-01-01T00%3A00%3A00%2B02%3A00"},
        Row{"created_at=not.is.null", "created_at=not.is.null"}, Row{"deleted=is.false", "deleted=is.false"},
        Row{"name=like(any).{a,b}", "name=like%28any%29.%7Ba%2Cb%7D"},
        Row{"text=fts(english).word", "text=fts%28english%29.word"}, Row{"tags=cs.{a}", "tags=cs.%7Ba%7D"},
        Row{"meta->>plan=eq.pro", "meta-%3E%3Eplan=eq.pro"}, Row{"id=gt.b", "id=gt.b"},
        Row{"\"a=b\"=eq.1", "%22a%3Db%22=eq.1"}, Row{"created at=eq.1", "created%20at=eq.1"},
        Row{"or=(status.eq.open,status.is.null)", "or=%28status.eq.open%2Cstatus.is.null%29"},
        Row{"and=(a.eq.1,or(b.eq.2,c.is.null))", "and=%28a.eq.1%2Cor%28b.eq.2%2Cc.is.null%29%29"},
        Row{"not.or=(a.eq.1,b.eq.2)", "not.or=%28a.eq.1%2Cb.eq.2%29"},
        Row{"not.and=(a.eq.1,b.eq.2)", "not.and=%28a.eq.1%2Cb.eq.2%29"},
        Row{"and=(order.eq.1)", "and=%28order.eq.1%29"},
        Row{"status=soundslike.x", "status=soundslike.x"}, // the server knows its operators
    }));
    CAPTURE(text);
    REQUIRE(refusal_of(text) == "taken");
    CHECK(read_filter(text).query() == query);
}

TEST_CASE("what is no filter is refused, with what to write")
{
    using Row = std::tuple<std::string, std::string>;
    auto const [text, why] = GENERATE(table<std::string, std::string>({
        Row{"", "must be COLUMN=OPERATOR.VALUE"},
        Row{"status", "must be COLUMN=OPERATOR.VALUE"},
        Row{"=eq.1", "must be COLUMN=OPERATOR.VALUE"},
        Row{"\"a=eq.1", "must be COLUMN=OPERATOR.VALUE"},
        Row{"status=", "has no operator before the value: status=eq.VALUE"},
        Row{"status=resolved", "has no operator before the value: status=eq.VALUE"},
        Row{"status=null", "has no operator"},
        Row{"score=1.5", "has no operator"},
        Row{"status=.open", "has no operator"},
        Row{"status=EQ.open", "has no operator"},
        Row{"status=eq", "has no operator"},
        Row{"name=like(any", "has no operator"},
        Row{"select=id", "select is no filter"},
        Row{"order=created_time.desc",
            "order is no filter, but a part of the request that the program makes itself; a "
            "column of that name is filtered by and=(order.eq.VALUE)"},
        Row{"limit=5", "limit is no filter"},
        Row{"offset=5", "offset is no filter"},
        Row{"columns=id", "columns is no filter"},
        Row{"on_conflict=id", "on_conflict is no filter"},
        Row{"limit=eq.5", "limit is no filter"},
        Row{"or=status.eq.open", "must be a list in parentheses, as in or=("},
        Row{"or=", "must be a list in parentheses"},
        Row{"or=()", "must be a list in parentheses"},
        Row{"not.and=(a.eq.1", "must be a list in parentheses, as in not.and=("},
        Row{"status=eq.a&limit=1", "has an &: give each filter by itself"},
        Row{"name=eq.Müller & Co", "let a pattern's _ take its place"},
        Row{"name=eq.M\xFCller", "is not valid UTF-8"},
    }));
    CAPTURE(text);
    CHECK(refusal_of(text).find(why) != std::string::npos);
}
