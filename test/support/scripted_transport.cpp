#include "support/scripted_transport.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace backfill::test {

Script::Script(std::vector<http::Outcome> outcomes) : outcomes_{std::move(outcomes)} {}

Script::Script(Answer answer) : answer_{std::move(answer)} {}

Script::Answer Script::always(http::Outcome outcome)
{
    return [outcome = std::move(outcome)](http::Request const&) { return outcome; };
}

std::unique_ptr<http::Transport> Script::transport()
{
    return std::make_unique<ScriptedTransport>(*this);
}

std::vector<http::Request> Script::requests() const
{
    std::lock_guard const lock{mutex_};
    return requests_;
}

std::size_t Script::request_count() const
{
    std::lock_guard const lock{mutex_};
    return requests_.size();
}

http::Outcome Script::play(http::Request const& request)
{
    std::lock_guard const lock{mutex_};
    requests_.push_back(request);
    if (answer_) {
        return answer_(request);
    }
    if (requests_.size() > outcomes_.size()) {
        throw std::logic_error{"unexpected request: " + request.target};
    }
    return outcomes_[requests_.size() - 1];
}

http::Outcome ScriptedTransport::send(http::Request const& request, std::stop_token const& stop)
{
    if (stop.stop_requested()) {
        return no_reply(http::TransportError::Kind::stopped);
    }
    return script_.play(request);
}

http::Reply reply(int status, std::string body, std::vector<http::Header> headers)
{
    return {status, std::move(headers), std::move(body)};
}

http::TransportError no_reply(http::TransportError::Kind kind, std::string detail)
{
    return {kind, std::move(detail)};
}

std::string header_of(http::Request const& request, std::string const& name)
{
    auto const found = std::ranges::find(request.headers, name, &http::Header::first);
    return found == request.headers.end() ? std::string{} : found->second;
}

} // namespace backfill::test
