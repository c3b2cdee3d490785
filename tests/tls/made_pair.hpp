#pragma once
// A self-signed certificate and its key in files of a folder that goes with them.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "spillway/core/assert.hpp"
#include "spillway/tls/context.hpp"

namespace spillway::tls::testing {

class MadePair {
public:
    MadePair() {
        std::string pattern = (std::filesystem::temp_directory_path() / "spillway-XXXXXX").string();
        SPILLWAY_ASSERT(::mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
        renew();
    }
    MadePair(const MadePair&) = delete;
    MadePair& operator=(const MadePair&) = delete;
    ~MadePair() { std::filesystem::remove_all(folder_); }

    /// Another pair in the same files.
    void renew() {
        const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"),
                                                                 EVP_PKEY_free);
        const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
        X509_set_version(certificate.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        ASN1_TIME_set(X509_getm_notBefore(certificate.get()), valid_from);
        ASN1_TIME_set(X509_getm_notAfter(certificate.get()), valid_until);
        X509_set_pubkey(certificate.get(), key.get());
        SPILLWAY_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
        write(files().certificate,
              [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
        write(files().key, [&](std::FILE* file) {
            return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    [[nodiscard]] Files files() const { return {folder_ / "pem", folder_ / "key"}; }
    [[nodiscard]] Context::Ptr context() const {
        return std::get<Context::Ptr>(Context::load(files()));
    }
    [[nodiscard]] std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }

    static constexpr std::int64_t valid_from = 1'000'000'000;
    static constexpr std::int64_t valid_until = 2'000'000'000;

private:
    template <class F>
    static void write(const std::string& name, F f) {
        std::FILE* const file = std::fopen(name.c_str(), "w");
        SPILLWAY_ASSERT(file != nullptr && f(file) == 1 && std::fclose(file) == 0);
    }

    std::filesystem::path folder_;
};

}  // namespace spillway::tls::testing
