#pragma once

#include "backfill/http/transport.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace backfill::test {

/// What a server answers, and what it was asked. Outlives every transport made from it, so a test can look at the
/// requests after the client that owned the transport is gone. Any thread; answers are made one at a time.
class Script {
public:
    using Answer = std::function<http::Outcome(http::Request const&)>;

    /// One outcome per request, in order. A request beyond the last one throws std::logic_error: nobody expected it.
    explicit Script(std::vector<http::Outcome> outcomes);

    /// Answers whatever the function says.
    explicit Script(Answer answer);

    static Answer always(http::Outcome outcome);

    std::unique_ptr<http::Transport> transport();

    std::vector<http::Request> requests() const;
    std::size_t request_count() const;

private:
    friend class ScriptedTransport;
    http::Outcome play(http::Request const& request);

    mutable std::recursive_mutex mutex_; ///< recursive: an answer may look at the requests so far
    std::vector<http::Outcome> outcomes_;
    Answer answer_;
    std::vector<http::Request> requests_;
};

/// A Transport that plays a Script. A requested stop is answered as the real one does.
class ScriptedTransport final : public http::Transport {
public:
    explicit ScriptedTransport(Script& script) : script_{script} {}
    http::Outcome send(http::Request const& request, std::stop_token const& stop) override;

private:
    Script& script_;
};

http::Reply reply(int status, std::string body = {}, std::vector<http::Header> headers = {});
http::TransportError no_reply(http::TransportError::Kind kind, std::string detail = {});

/// The value of a request's header (name compared exactly), "" when it has none.
std::string header_of(http::Request const& request, std::string const& name);

} // namespace backfill::test
