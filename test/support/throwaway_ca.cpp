#include "support/throwaway_ca.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <unistd.h>

namespace backfill::test {
namespace {

void expect(bool done)
{
    if (!done) {
        throw std::runtime_error{"OpenSSL could not make a certificate"};
    }
}

void add_extension(X509* certificate, int kind, std::string const& value)
{
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> const extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()), &X509_EXTENSION_free};
    expect(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_name(X509_NAME* name, std::string const& text)
{
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.c_str());
    expect(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, bytes, -1, -1, 0) == 1);
}

/// Unsigned as yet.
Identity draft(CertificateWish const& wish, std::string const& name)
{
    Identity made{{EVP_EC_gen("P-256"), &EVP_PKEY_free}, {X509_new(), &X509_free}};
    auto* const certificate = made.certificate.get();
    expect(made.key && certificate != nullptr && X509_set_version(certificate, 2) == 1);
    expect(ASN1_INTEGER_set(X509_get_serialNumber(certificate), std::rand() + 1) == 1);
    expect(X509_gmtime_adj(X509_getm_notBefore(certificate), wish.valid_from.count()) != nullptr);
    expect(X509_gmtime_adj(X509_getm_notAfter(certificate), wish.valid_to.count()) != nullptr);
    set_name(X509_get_subject_name(certificate), name);
    expect(X509_set_pubkey(certificate, made.key.get()) == 1);
    return made;
}

void sign(Identity const& subject, Identity const& issuer)
{
    auto* const name = X509_get_subject_name(issuer.certificate.get());
    expect(X509_set_issuer_name(subject.certificate.get(), name) == 1);
    expect(X509_sign(subject.certificate.get(), issuer.key.get(), EVP_sha256()) > 0);
}

} // namespace

ThrowawayCa::ThrowawayCa()
{
    static std::atomic<int> count{0}; // or each would take the other's certificates for badly signed ones of its own
    root_ = draft({}, "throw-away CA " + std::to_string(++count));
    add_extension(root_.certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(root_.certificate.get(), NID_key_usage, "critical,keyCertSign");
    sign(root_, root_);
    auto path = (std::filesystem::temp_directory_path() / "throwaway_ca.XXXXXX").string();
    auto const descriptor = ::mkstemp(path.data());
    expect(descriptor >= 0);
    std::unique_ptr<std::FILE, decltype(&std::fclose)> const file{::fdopen(descriptor, "w"), &std::fclose};
    expect(PEM_write_X509(file.get(), root_.certificate.get()) == 1);
    file_ = path;
}

ThrowawayCa::~ThrowawayCa()
{
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
}

Identity ThrowawayCa::issue(CertificateWish const& wish) const
{
    auto issued = draft(wish, "throw-away server");
    add_extension(issued.certificate.get(), NID_subject_alt_name, wish.names);
    sign(issued, root_);
    return issued;
}

Identity self_signed(CertificateWish const& wish)
{
    auto lonely = draft(wish, "self-signed server");
    add_extension(lonely.certificate.get(), NID_subject_alt_name, wish.names);
    sign(lonely, lonely);
    return lonely;
}

} // namespace backfill::test
