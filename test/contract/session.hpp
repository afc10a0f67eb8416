#pragma once

#include "contract/backend.hpp"
#include "support/scripted_transport.hpp"

#include <functional>
#include <memory>
#include <string>

namespace backfill::test {

/// One client of a backend; its requests are written down.
struct Session {
    explicit Session(Backend& backend, KeyKind kind = KeyKind::service, std::string const& path = "/rest/v1")
        : inner{backend.transport(path)}, side{script.transport(), backend.key(kind)}
    {
    }

    std::size_t requests() const { return script.request_count(); }

    std::unique_ptr<http::Transport> inner;
    std::function<void(http::Request&)> meddle = [](http::Request&) {}; ///< with each request before it goes out
    Script script{[this](http::Request request) {
        meddle(request);
        return inner->send(request, {});
    }};
    SupabaseSide side;
};

} // namespace backfill::test
