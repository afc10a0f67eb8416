#include "app/notify/delivery.hpp"

#include "app/facts/exit_codes.hpp"

#include "backfill/calls/retry.hpp"
#include "backfill/core/ascii.hpp"
#include "backfill/core/json_text.hpp"
#include "backfill/core/printable.hpp"
#include "backfill/core/utf8.hpp"
#include "backfill/core/version.hpp"

#include <algorithm>
#include <variant>

namespace backfill::app {
namespace {

constexpr std::string_view kGoogleChat = "chat.googleapis.com";
constexpr std::size_t kShortestSecret = 6; // a shorter part of a URL stands in answers for other reasons
constexpr std::size_t kLongestAnswer = 200;

http::Request message(std::string target, std::string type, std::string body)
{
    return {http::Request::Method::post, std::move(target),
        {{"Content-Type", std::move(type)}, {"User-Agent", user_agent()}}, std::move(body)};
}

} // namespace

std::string health_suffix(int exit_code)
{
    return exit_code == ExitCode::kSuccess      ? ""
        : exit_code == ExitCode::kStoppedItself ? "/log"
                                                : "/" + std::to_string(exit_code);
}

http::Request health_message(SecretUrl const& check, std::string_view suffix, std::string const& body)
{
    auto target = check.target.reveal();
    if (!suffix.empty()) {
        auto const query = std::min(target.find('?'), target.size());
        auto const path_end = target.find_last_not_of('/', query == 0 ? 0 : query - 1);
        auto const behind = path_end == std::string::npos || query == 0 ? 0 : path_end + 1;
        target.replace(behind, query - behind, suffix);
    }
    return message(std::move(target), "text/plain; charset=utf-8", body);
}

bool is_told(NotifyOn when, int exit_code)
{
    return when == NotifyOn::always || (exit_code != ExitCode::kSuccess && exit_code != ExitCode::kStoppedItself);
}

http::Request webhook_message(SecretUrl const& webhook, Notice const& notice)
{
    auto body = notice.json;
    if (webhook.endpoint.host == kGoogleChat) {
        body.clear();
        JsonWriter json{body};
        json.begin('{');
        json.member("text", notice.text);
        json.end('}');
    }
    return message(webhook.target.reveal(), "application/json; charset=utf-8", std::move(body));
}

std::string why_undelivered(http::Outcome const& outcome)
{
    if (auto const* const error = std::get_if<http::TransportError>(&outcome)) {
        return error->kind == http::TransportError::Kind::stopped ? "no answer in the time that there is for it"
                                                                  : calls::describe(outcome);
    }
    auto const status = std::get<http::Reply>(outcome).status;
    auto const text = "HTTP " + std::to_string(status);
    return status / 100 == 2 ? "" : status / 100 == 3 ? text + ", and redirects are not followed" : text;
}

std::string answer_text(http::Reply const& reply, SecretUrl const& to)
{
    auto text = std::string{trim(reply.body)};
    std::string_view rest = to.target.reveal();
    while (!rest.empty()) {
        auto const part = rest.substr(0, rest.find_first_of("/?&="));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        for (auto at = part.size() < kShortestSecret ? text.npos : text.find(part); at != text.npos;
             at = text.find(part, at)) {
            text.replace(at, part.size(), "***");
        }
    }
    return printable(text, kLongestAnswer);
}

} // namespace backfill::app
