#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace backfill::http {

using Header = std::pair<std::string, std::string>;

struct Request {
    enum class Method { get, post };
    Method method = Method::get;
    std::string target; ///< path and query after the endpoint's prefix, percent-encoded: "/conversations/x?page=1"
    std::vector<Header> headers;
    std::string body; ///< sent with Content-Length when the method is post
};

/// An answer of any HTTP status, with its complete body: a cut one is a TransportError.
struct Reply {
    int status = 0;
    std::vector<Header> headers;
    std::string body;

    /// The first header of that name, compared without case.
    std::optional<std::string_view> header(std::string_view name) const;

    bool succeeded() const { return status >= 200 && status < 300; }

    /// Whether the body begins with `<`. Both sides speak JSON, so such a body comes from another host or a proxy.
    bool is_html() const;
};

/// Why there is no Reply; thrown inside http. `detail` is for people and holds no secret.
struct TransportError {
    enum class Kind {
        resolve,   ///< the name has no address
        connect,   ///< nobody listens, or no route
        tls,       ///< handshake, certificate or host name refused: a retry does not help
        timeout,   ///< connecting or the whole call took too long
        closed,    ///< reset or closed before the answer began
        truncated, ///< the body is shorter than announced, or a chunk is missing
        protocol,  ///< not HTTP, or larger than the cap
        stopped,   ///< the stop token ended it
    };
    Kind kind;
    std::string detail;
    /// Closed before the answer to a GET began, on a connection that had carried another one: it may have been closed
    /// before, so the next try needs no wait.
    bool on_kept_connection = false;
};

using Outcome = std::variant<Reply, TransportError>;

/// One keep-alive connection to one endpoint. A seam: PocoTransport, ScriptedTransport in tests. Connects at the first
/// send(). One thread at a time.
class Transport {
public:
    Transport() = default;
    Transport(Transport const&) = delete;
    Transport& operator=(Transport const&) = delete;
    virtual ~Transport() = default;

    /// Sends one request and reads its whole answer. Network errors are returned, not thrown. A requested stop ends the
    /// call at once with Kind::stopped. Does not retry or follow redirects.
    virtual Outcome send(Request const& request, std::stop_token const& stop) = 0;
};

} // namespace backfill::http
