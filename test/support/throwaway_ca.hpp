#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string>

namespace backfill::test {

/// A certificate and its key, made a moment ago.
struct Identity {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> certificate;
};

/// What a certificate says. `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
struct CertificateWish {
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    std::chrono::seconds valid_from = std::chrono::hours{-1}; ///< from now
    std::chrono::seconds valid_to = std::chrono::hours{1};
};

/// A certificate authority that lives as long as the test; its file goes with it.
class ThrowawayCa {
public:
    ThrowawayCa();
    ThrowawayCa(ThrowawayCa const&) = delete;
    ThrowawayCa& operator=(ThrowawayCa const&) = delete;
    ~ThrowawayCa();

    Identity issue(CertificateWish const& wish = {}) const;
    std::string file() const { return file_.string(); } ///< PEM

private:
    Identity root_;
    std::filesystem::path file_;
};

Identity self_signed(CertificateWish const& wish = {});

} // namespace backfill::test
