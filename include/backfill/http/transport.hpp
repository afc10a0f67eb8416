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

/// Any HTTP status is a Reply, and its body is complete: a cut one is a TransportError.
struct Reply {
    int status = 0;
    std::vector<Header> headers;
    std::string body;

    /// The first header of that name (compared without case), if there is one.
    std::optional<std::string_view> header(std::string_view name) const;

    bool succeeded() const { return status >= 200 && status < 300; }

    /// Both sides speak JSON: a body that begins with `<` comes from another host or a proxy.
    bool is_html() const;
};

/// Why there is no Reply. `detail` is for people and never holds a secret.
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
};

using Outcome = std::variant<Reply, TransportError>;

/// One keep-alive connection to one endpoint; a seam: PocoTransport, and ScriptedTransport in tests.
/// One thread at a time. Nothing is sent before the first send().
class Transport {
public:
    Transport() = default;
    Transport(Transport const&) = delete;
    Transport& operator=(Transport const&) = delete;
    virtual ~Transport() = default;

    /// Sends one request and reads its whole answer; never throws for anything that the network does. A requested stop
    /// ends it at once with Kind::stopped. Does not retry or redirect.
    virtual Outcome send(Request const& request, std::stop_token const& stop) = 0;
};

} // namespace backfill::http
