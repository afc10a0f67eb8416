#pragma once

#include <Poco/Net/Context.h>

#include <memory>
#include <string>

namespace backfill::http {

struct TlsContext {
    Poco::Net::Context::Ptr poco;
};

/// A client context for one host: TLS 1.2 at least, the system's roots and those of `ca_file` (if not empty), and the
/// host name checked inside the handshake. (Poco checks it after the handshake, and not at all when the handshake
/// outlasts a receive timeout.) Callers with the same host and file share one context while it lives, because reading
/// roots takes time. Any thread. Throws std::invalid_argument when ca_file cannot be read.
std::shared_ptr<TlsContext const> tls_context_for(std::string const& host, std::string const& ca_file);

/// Why this thread's last handshake refused the certificate ("hostname mismatch"); empty when it did not.
std::string last_refusal();
void forget_refusal();

} // namespace backfill::http
