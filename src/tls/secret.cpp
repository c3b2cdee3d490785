#include "tls/secret.hpp"

#include <openssl/crypto.h>

namespace spillway::tls {

bool is_same_secret(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace spillway::tls
