#include "spillway/tls/context.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "tls/ticket_keys.hpp"

namespace spillway::tls {

namespace {

constexpr std::size_t file_bytes_max = 1U << 20U;

template <auto free>
struct Free {
    template <class T>
    void operator()(T* it) const noexcept {
        free(it);
    }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;

/// What OpenSSL says of its latest failure, in few words.
std::string openssl_reason() {
    const char* const words = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return words != nullptr ? words : "OpenSSL does not say why";
}

struct Read {
    std::string bytes;
    std::string wrong;
};

Read read_file(const std::string& path) {
    Read read;
    errno = 0;
    const File file(std::fopen(path.c_str(), "rb"));
    if (file) {
        std::setvbuf(file.get(), nullptr, _IONBF, 0);  // no copy of a key that nobody wipes
        read.bytes.resize(file_bytes_max + 1);
        read.bytes.resize(std::fread(read.bytes.data(), 1, read.bytes.size(), file.get()));
    }
    if (!file || std::ferror(file.get()) != 0)
        read.wrong = path + " cannot be read: " + std::strerror(errno);
    else if (read.bytes.size() > file_bytes_max)
        read.wrong = path + " is larger than 1 MiB";
    return read;
}

Bio bio_of(const std::string& text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!bio) throw std::bad_alloc();
    return bio;
}

/// Called for an encrypted key: nobody is there to be asked.
int no_passphrase(char*, int, int, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
}

std::string digest(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), sum.data(), &size, EVP_sha256(), nullptr);
    return {sum.begin(), sum.begin() + size};
}

std::int64_t seconds(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return ::timegm(&parts);
}

/// A client that names protocols must name ours; one that names none is taken to mean it.
int select_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    constexpr std::string_view ours = "http/1.1";
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const unsigned size = offered[at];
        if (at + 1 + size > offered_size) break;
        if (size != ours.size() || std::memcmp(offered + at + 1, ours.data(), size) != 0) continue;
        *chosen = offered + at + 1;
        *chosen_size = static_cast<unsigned char>(size);
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
}

bool draw_random(std::span<unsigned char> bytes) {
    return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

void free_keys(void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<TicketKeys*>(keys);
}

/// Where an SSL_CTX has its keys: a handshake may outlive the Context that it began with.
int keys_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_keys);
    return index;
}

/// Seals a ticket, or opens one, as OpenSSL asks: 0 is a full handshake, 2 a new ticket besides.
int use_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int is_sealing) {
    // Fetched once: by name it would be looked up anew for each ticket.
    static EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
    auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index()));
    TicketKeys::Key key;
    bool is_old = false;
    if (is_sealing == 1) {
        const auto present = keys.sealing(std::time(nullptr));
        if (!present || RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1) return -1;
        key = *present;
        std::memcpy(name, key.name.data(), key.name.size());
    } else {
        const auto opened =
            keys.opening(std::span<const unsigned char, 16>(name, 16), std::time(nullptr));
        if (!opened) return 0;
        key = opened->key;
        is_old = opened->is_old;
    }
    std::string digest_name = "SHA256";
    const std::array params{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
        OSSL_PARAM_construct_end()};
    const bool is_ready =
        EVP_CipherInit_ex2(cipher, aes, key.cipher.data(), iv, is_sealing, nullptr) == 1 &&
        EVP_MAC_CTX_set_params(mac, params.data()) == 1;
    OPENSSL_cleanse(&key, sizeof(key));
    if (!is_ready) return -1;
    return is_old ? 2 : 1;
}

SSL_CTX* new_context() {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    if (context == nullptr) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // those of 1.3 are all such
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     // An end without close_notify is an end, as it is in TCP: a
                                     // request's framing tells whether it is whole.
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);  // a record in one system call, not in two
    // Sessions are in tickets, at the client: nothing is kept here, and any shard can resume them.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, TicketKeys::period_s);
    SSL_CTX_set_ex_data(context, keys_index(), new TicketKeys(draw_random));
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_ticket_key);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
    return context;
}

/// The chain behind the certificate that `bio` has read; what is wrong, if anything.
std::string add_chain(SSL_CTX* context, BIO* bio) {
    for (;;) {
        const Certificate next(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
        if (!next) break;
        if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return openssl_reason();
    }
    const auto error = ERR_peek_last_error();
    if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) return openssl_reason();
    ERR_clear_error();  // the end of the file
    return {};
}

struct Loaded {
    std::string wrong_certificate;
    std::string wrong_key;
    std::int64_t valid_from = 0;
    std::int64_t valid_until = 0;
};

void use_certificate(SSL_CTX* context, const std::string& text, Loaded& loaded) {
    const Bio bio = bio_of(text);
    const Certificate leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!leaf) {
        loaded.wrong_certificate =
            text.find("-----BEGIN ") == std::string::npos
                ? "is not PEM (allowed: -----BEGIN CERTIFICATE----- and its chain)"
                : "has no certificate that can be read: " + openssl_reason();
        return ERR_clear_error();
    }
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
        loaded.wrong_certificate = "cannot be used: " + openssl_reason();
        return;
    }
    if (const std::string wrong = add_chain(context, bio.get()); !wrong.empty())
        loaded.wrong_certificate = "has a chain that cannot be used: " + wrong;
    loaded.valid_from = seconds(X509_get0_notBefore(leaf.get()));
    loaded.valid_until = seconds(X509_get0_notAfter(leaf.get()));
}

void use_key(SSL_CTX* context, const std::string& text, const std::string& certificate_file,
             Loaded& loaded) {
    const Bio bio = bio_of(text);
    bool is_encrypted = false;
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &is_encrypted));
    if (is_encrypted) {
        loaded.wrong_key = "has a passphrase (allowed: a key without one)";
    } else if (!key) {
        loaded.wrong_key = text.find("-----BEGIN ") == std::string::npos
                               ? "is not PEM (allowed: -----BEGIN PRIVATE KEY-----)"
                               : "has no private key that can be read: " + openssl_reason();
    } else if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
        loaded.wrong_key = "is not the key of the certificate in " + certificate_file;
    } else if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
        loaded.wrong_key = "cannot be used: " + openssl_reason();
    }
    ERR_clear_error();
}

}  // namespace

Context::Context(std::string certificate, std::string key_digest)
    : certificate_(std::move(certificate)),
      key_digest_(std::move(key_digest)),
      context_(new_context()) {}

Context::~Context() { SSL_CTX_free(context_); }

std::variant<Context::Ptr, Problem> Context::load(const Files& files) {
    return reload(nullptr, files);
}

std::variant<Context::Ptr, Problem> Context::reload(const Ptr& before, const Files& files) {
    using In = Problem::In;
    Read certificate = read_file(files.certificate);
    if (!certificate.wrong.empty()) return Problem{In::certificate, certificate.wrong};
    Read key = read_file(files.key);
    if (!key.wrong.empty()) return Problem{In::key, key.wrong};
    const std::shared_ptr<Context> made(new Context(certificate.bytes, digest(key.bytes)));
    const bool is_same = before != nullptr && before->certificate_ == made->certificate_ &&
                         before->key_digest_ == made->key_digest_;

    Loaded loaded;
    if (!is_same) {
        use_certificate(made->context_, certificate.bytes, loaded);
        if (loaded.wrong_certificate.empty())
            use_key(made->context_, key.bytes, files.certificate, loaded);
    }
    OPENSSL_cleanse(key.bytes.data(), key.bytes.size());
    if (is_same) return before;
    if (!loaded.wrong_certificate.empty())
        return Problem{In::certificate, files.certificate + ' ' + loaded.wrong_certificate};
    if (!loaded.wrong_key.empty()) return Problem{In::key, files.key + ' ' + loaded.wrong_key};
    made->valid_from_ = loaded.valid_from;
    made->valid_until_ = loaded.valid_until;
    return Ptr(made);
}

std::string validity_warning(std::int64_t from, std::int64_t until, std::int64_t now) {
    constexpr std::int64_t week = 7 * 24 * 3600;
    if (now < from) return "is not valid before " + utc_text(from);
    if (now >= until) return "has expired, on " + utc_text(until);
    if (now >= until - week) return "expires soon, on " + utc_text(until);
    return {};
}

std::string utc_text(std::int64_t seconds_since_1970) {
    const std::time_t time = seconds_since_1970;
    std::tm parts{};
    std::array<char, 32> text{};
    if (::gmtime_r(&time, &parts) == nullptr) return std::to_string(seconds_since_1970);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

std::string version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace spillway::tls
