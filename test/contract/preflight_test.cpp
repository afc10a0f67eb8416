// What a preflight finds out, and that it leaves no trace.

#include "contract/session.hpp"
#include "support/stack.hpp"

#include "backfill/core/errors.hpp"
#include "backfill/supabase/preflight.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace backfill::test {
namespace {

using supabase::Access;
using supabase::MessageTableLayout;
using supabase::OnConflict;
using supabase::preflight;

MessageTableLayout with_columns(std::string table, Columns columns)
{
    return {std::move(table), std::move(columns), OnConflict::ignore};
}

/// Asserts that a preflight is fatal and that its message has all of these pieces.
void require_fatal(Session& session, std::string const& conversations, MessageTableLayout const& layout,
    std::vector<std::string> const& pieces, Access access = Access::write)
{
    auto const text = text_of<FatalError>(
        [&] { preflight(session.side.postgrest, conversations, layout, access, session.side.stop); });
    CAPTURE(text);
    for (auto const& piece : pieces) {
        CAPTURE(piece);
        CHECK(text.find(piece) != std::string::npos);
    }
}

TEST_CASE("A preflight of good tables passes with every full key, counts, and writes nothing")
{
    auto const backend = any_backend();
    backend->add_conversations({{"a", "2025-01-01T00:00:00Z"}, {"b", ""}, {"c", "2025-01-02T00:00:00Z"}});
    backend->add_messages({{"m1", "a", "one"}});
    auto const kind = GENERATE(KeyKind::service, KeyKind::secret);
    auto const on_conflict = GENERATE(OnConflict::ignore, OnConflict::update);
    auto const before = backend->messages();
    Session session{*backend, kind};
    auto layout = layout_of("Message");
    layout.on_conflict = on_conflict;
    CHECK(
        preflight(session.side.postgrest, "Conversation", layout, Access::write, session.side.stop).conversations == 3);
    CHECK(
        preflight(session.side.postgrest, "Conversation", layout, Access::read, session.side.stop).conversations == 3);
    CHECK(backend->messages() == before);
    CHECK(before.size() == 1);
    CHECK(session.side.clock.naps().empty());
}

TEST_CASE("A preflight of an empty Conversation table counts nothing")
{
    auto const backend = any_backend();
    Session session{*backend};
    CHECK(
        preflight(session.side.postgrest, "Conversation_empty", layout_of("Message"), Access::write, session.side.stop)
            .conversations
        == 0);
}

TEST_CASE("A preflight names the table that is missing")
{
    auto const backend = any_backend();
    Session session{*backend};
    require_fatal(session, "Conversation_absent", layout_of("Message"), {"Conversation_absent", "CONVERSATION_TABLE"});
    require_fatal(session, "Conversation", layout_of("Message_absent"), {"Message_absent", "MESSAGE_TABLE"});
    require_fatal(session, "conversation", layout_of("Message"), {"table conversation"}); // case matters
    CHECK(backend->messages().empty());
}

TEST_CASE("A preflight names the column that is missing, after a second look")
{
    auto const backend = any_backend();
    Session session{*backend};
    auto columns = default_columns();
    columns.push_back({"raw", "payload_absent"});
    require_fatal(
        session, "Conversation", with_columns("Message", columns), {"Message", "payload_absent", "MESSAGE_COLUMNS"});
    CHECK(session.side.clock.slept() == std::chrono::seconds{5});
}

TEST_CASE("A preflight finds a Conversation table without its two columns")
{
    auto const backend = any_backend();
    Session session{*backend};
    require_fatal(session, "Message_mapped", layout_of("Message"), {"Message_mapped", "42703"});
}

TEST_CASE("A preflight finds that there is no unique key, before any row could double")
{
    auto const backend = any_backend();
    Session session{*backend};
    require_fatal(
        session, "Conversation", layout_of("Message_no_key"), {"Message_no_key", "unique key", "create unique index"});
    CHECK(backend->messages("Message_no_key").empty());
    // A dry run cannot know.
    CHECK_NOTHROW(preflight(
        session.side.postgrest, "Conversation", layout_of("Message_no_key"), Access::read, session.side.stop));
}

TEST_CASE("A unique key beside the primary key will do")
{
    auto const backend = any_backend();
    Session session{*backend};
    CHECK_NOTHROW(preflight(
        session.side.postgrest, "Conversation", layout_of("Message_serial"), Access::write, session.side.stop));
}

TEST_CASE("A preflight finds the right that is missing and says what to grant")
{
    auto const backend = any_backend();
    Session session{*backend};
    std::string const grant = "grant select, insert, update on public.\"";
    require_fatal(session, "Conversation", layout_of("Message_no_insert"),
        {"42501", grant + "Message_no_insert\" to service_role"});
    require_fatal(session, "Conversation", layout_of("Message_no_select"),
        {"42501", grant + "Message_no_select\" to service_role"}, Access::read);
    require_fatal(
        session, "Message_no_select", layout_of("Message"), {"42501", "grant select on public.\"Message_no_select\""});
    auto updating = layout_of("Message_no_update");
    CHECK_NOTHROW(preflight(session.side.postgrest, "Conversation", updating, Access::write, session.side.stop));
    updating.on_conflict = OnConflict::update;
    require_fatal(session, "Conversation", updating, {"42501", grant + "Message_no_update\""});
}

TEST_CASE("A preflight with a key that the project does not know is fatal at the first request")
{
    auto const backend = any_backend();
    auto const kind = GENERATE(KeyKind::unknown, KeyKind::forged);
    Session session{*backend, kind};
    require_fatal(session, "Conversation", layout_of("Message"), {"HTTP 401", "Invalid API key", "Supabase key"});
    CHECK(session.requests() == 1);
}

TEST_CASE("A preflight at a wrong path is fatal and doubts the URL")
{
    auto const backend = any_backend();
    auto const path = GENERATE(as<std::string>{}, "/rest/v2", "", "/rest");
    Session session{*backend, KeyKind::service, path};
    require_fatal(session, "Conversation", layout_of("Message"), {"HTTP 404", "SUPABASE_URL"});
    CHECK(session.requests() == 1);
}

TEST_CASE("A preflight of a database that is read-only is fatal for a run and passes for a dry run")
{
    auto const backend = any_backend(Server::read_only);
    Session session{*backend};
    require_fatal(session, "Conversation", layout_of("Message"), {"25006", "read-only"});
    CHECK_NOTHROW(
        preflight(session.side.postgrest, "Conversation", layout_of("Message"), Access::read, session.side.stop));
}

TEST_CASE("A preflight with a publishable or anon key passes and sees what its policies let it see")
{
    auto const backend = any_backend();
    auto const kind = GENERATE(KeyKind::anon, KeyKind::publishable);
    backend->add_conversations({{"a", "2025-01-01T00:00:00Z"}});
    backend->add_conversations({{"a", "2025-01-01T00:00:00Z"}}, "Conversation_open");
    Session session{*backend, kind};
    auto& postgrest = session.side.postgrest;
    CHECK(preflight(postgrest, "Conversation_open", layout_of("Message_open"), Access::write, session.side.stop)
              .conversations
        == 1);
    // Hidden rows look like no rows; no policy refuses an upsert of none.
    CHECK(preflight(postgrest, "Conversation", layout_of("Message"), Access::write, session.side.stop).conversations
        == 0);
}

TEST_CASE("PostgREST itself refuses a token that is expired, forged or garbled")
{
    auto const backend = real_backend(); // its gateway knows whole keys only, so past it
    auto const& secret = Stack::local().value("JWT_SECRET");
    auto const key = GENERATE_COPY(jwt(R"({"role":"service_role","exp":1700000000})", secret),
        jwt(R"({"role":"service_role","exp":4102444800})", "another secret, also of 32 bytes or more"),
        std::string{"a.b.c"});
    SupabaseSide side{real_transport(Stack::local().value("POSTGREST_URL")), key};
    auto const text = text_of<FatalError>(
        [&] { preflight(side.postgrest, "Conversation", layout_of("Message"), Access::write, side.stop); });
    CAPTURE(text);
    CHECK(text.find("PGRST30") != std::string::npos);
    CHECK(text.find("Supabase key") != std::string::npos);
}

TEST_CASE("PostgREST runs a JWT without Bearer as anon, which is why the program never sends one so")
{
    auto const backend = real_backend();
    backend->add_conversations({{"a", "2025-01-01T00:00:00Z"}});
    auto const transport = backend->transport();
    http::Request request{
        http::Request::Method::get, "/Conversation?select=id", {{"apikey", backend->key(KeyKind::service)}}, {}};
    CHECK(std::get<http::Reply>(transport->send(request, {})).body == "[]");
    request.headers.emplace_back("Authorization", "Bearer " + backend->key(KeyKind::service));
    CHECK(std::get<http::Reply>(transport->send(request, {})).body == R"([{"id":"a"}])");
}

} // namespace
} // namespace backfill::test
