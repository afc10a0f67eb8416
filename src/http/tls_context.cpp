#include "http/tls_context.hpp"

#include "http/resolver.hpp"

#include <Poco/Exception.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace backfill::http {
namespace {

thread_local int refusal = X509_V_OK; // by this thread's last handshake

/// Replaces Poco's callback, which lets a process-wide handler accept bad certificates.
int remember_refusal(int accepted, X509_STORE_CTX* store)
{
    if (accepted == 0) {
        refusal = X509_STORE_CTX_get_error(store);
    }
    return accepted;
}

void expect_host(SSL_CTX* context, std::string const& host)
{
    auto* const parameters = SSL_CTX_get0_param(context);
    auto const done = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str())
                                       : X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
    if (done != 1) {
        throw std::runtime_error{"TLS cannot check certificates of " + host};
    }
}

bool has_hashed_folder()
{
    auto const* const chosen = std::getenv(X509_get_default_cert_dir_env());
    std::error_code error;
    for (std::filesystem::directory_iterator entry{chosen != nullptr ? chosen : X509_get_default_cert_dir(), error},
         end;
         !error && entry != end; entry.increment(error)) {
        if (entry->path().extension() == ".0") {
            return true;
        }
    }
    return false;
}

/// Reading all of the system's roots takes 60 ms of CPU; from a folder indexed by hash (as Debian's) OpenSSL opens only
/// those that it needs. Honours SSL_CERT_FILE and SSL_CERT_DIR.
void add_system_roots(SSL_CTX* context)
{
    bool const file_is_chosen = std::getenv(X509_get_default_cert_file_env()) != nullptr;
    auto const done = !file_is_chosen && has_hashed_folder() ? SSL_CTX_set_default_verify_dir(context)
                                                             : SSL_CTX_set_default_verify_paths(context);
    if (done != 1) {
        throw std::runtime_error{"the system's certificates cannot be read"};
    }
}

/// Takes the roots from `roots`, a context with the same CA file, unless it is null.
Poco::Net::Context::Ptr make_context(std::string const& host, std::string const& ca_file, TlsContext const* roots)
{
    // Poco would accept a directory, and OpenSSL's message for a missing file explains nothing.
    if (!ca_file.empty() && std::ifstream{ca_file}.peek() == std::ifstream::traits_type::eof()) {
        throw std::invalid_argument{"cannot read the CA file " + ca_file};
    }
    Poco::Net::Context::Params params;
    params.caLocation = roots == nullptr ? ca_file : std::string{};
    params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
    params.loadDefaultCAs = false;
    params.cipherList = "DEFAULT"; // the distribution's choice
    // Poco prefers X448, which few servers know: the handshake would take another round trip.
    params.ecdhCurve = "X25519:P-256:P-384:P-521";
    try {
        Poco::Net::Context::Ptr context{new Poco::Net::Context{Poco::Net::Context::TLSV1_2_CLIENT_USE, params}};
        if (roots == nullptr) {
            add_system_roots(context->sslContext());
        } else {
            SSL_CTX_set1_cert_store(context->sslContext(), SSL_CTX_get_cert_store(roots->poco->sslContext()));
        }
        SSL_CTX_set_verify(context->sslContext(), SSL_VERIFY_PEER, remember_refusal);
        expect_host(context->sslContext(), host);
        SSL_CTX_set_read_ahead(context->sslContext(), 1); // else each record takes two reads
        ERR_clear_error(); // OpenSSL 3 refuses Poco's default DH parameters, which leaves an error behind
        return context;
    } catch (Poco::Exception const& error) {
        if (ca_file.empty()) {
            throw std::runtime_error{"TLS cannot be set up: " + error.displayText()};
        }
        throw std::invalid_argument{"no certificates in the CA file " + ca_file + ": " + error.displayText()};
    }
}

} // namespace

std::shared_ptr<TlsContext const> tls_context_for(std::string const& host, std::string const& ca_file)
{
    static std::mutex mutex;
    static std::map<std::pair<std::string, std::string>, std::weak_ptr<TlsContext const>> in_use;
    std::lock_guard const lock{mutex};
    auto& known = in_use[{ca_file, host}];
    auto context = known.lock();
    if (!context) {
        std::shared_ptr<TlsContext const> same_roots;
        for (auto of_file = in_use.lower_bound({ca_file, {}});
             of_file != in_use.end() && of_file->first.first == ca_file && !same_roots; ++of_file) {
            same_roots = of_file->second.lock();
        }
        context = std::make_shared<TlsContext const>(TlsContext{make_context(host, ca_file, same_roots.get())});
        known = context;
    }
    return context;
}

std::string last_refusal()
{
    return refusal == X509_V_OK ? std::string{} : X509_verify_cert_error_string(refusal);
}

void forget_refusal()
{
    refusal = X509_V_OK;
}

} // namespace backfill::http
