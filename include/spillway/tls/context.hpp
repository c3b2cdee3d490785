#pragma once
// A certificate with its key, checked, and how TLS is spoken with it.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

struct ssl_ctx_st;

namespace spillway::tls {

/// PEM files: the certificate with the chain behind it, and its key without a passphrase.
struct Files {
    std::string certificate;
    std::string key;

    friend bool operator==(const Files&, const Files&) = default;
};

/// What is wrong with one of them.
struct Problem {
    enum class In : std::uint8_t { certificate, key };
    In in = In::certificate;
    std::string message;  // begins with the file's name
};

/// TLS 1.2 with forward-secret AEAD suites or 1.3, ALPN http/1.1, no renegotiation, no compression,
/// no client certificates; any server name is served. Tickets of one context resume wherever it is
/// used, so on every shard. Immutable, thread-safe.
class Context {
public:
    using Ptr = std::shared_ptr<const Context>;

    /// Reads the files, each of at most 1 MiB. Never throws but bad_alloc.
    [[nodiscard]] static std::variant<Ptr, Problem> load(const Files& files);
    /// The same, but `before` itself if both files are what it was made of: its tickets stay good.
    [[nodiscard]] static std::variant<Ptr, Problem> reload(const Ptr& before, const Files& files);

    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context();

    /// Of the certificate itself, not of its chain; seconds since 1970.
    [[nodiscard]] std::int64_t valid_from() const noexcept { return valid_from_; }
    [[nodiscard]] std::int64_t valid_until() const noexcept { return valid_until_; }

    [[nodiscard]] ssl_ctx_st* native() const noexcept { return context_; }

private:
    Context(std::string certificate, std::string key_digest);

    std::string certificate_;  // the files' bytes
    std::string key_digest_;   // not the key itself: it is in OpenSSL's hands only
    ssl_ctx_st* context_ = nullptr;
    std::int64_t valid_from_ = 0;
    std::int64_t valid_until_ = 0;
};

/// What an operator should know about such a period at `now`: nothing while it is good for more
/// than a week. Pure.
[[nodiscard]] std::string validity_warning(std::int64_t from, std::int64_t until, std::int64_t now);

/// "2026-11-30 12:00:00 UTC". Pure.
[[nodiscard]] std::string utc_text(std::int64_t seconds_since_1970);

/// Of the library that is loaded.
[[nodiscard]] std::string version();

}  // namespace spillway::tls
