#pragma once

#include <Poco/Net/Context.h>

#include <memory>
#include <string>

namespace backfill::http {

struct TlsContext {
    Poco::Net::Context::Ptr poco;
};

/// A client context for one host: TLS 1.2 at least, the system's roots and those of `ca_file` (if not empty), and the
/// host name checked inside the handshake. Poco's own check comes after it and can be missed: when the handshake
/// outlasts a receive timeout, it looks for the name before the certificate has come, and never again. Shared by all
/// who ask for the same at the same time, from any thread: reading roots takes time.
/// Throws std::invalid_argument when ca_file cannot be read.
std::shared_ptr<TlsContext const> tls_context_for(std::string const& host, std::string const& ca_file);

/// Why the last handshake of this thread refused the peer's certificate ("hostname mismatch"); empty when it did not.
std::string last_refusal();
void forget_refusal();

} // namespace backfill::http
