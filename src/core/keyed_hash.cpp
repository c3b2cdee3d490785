#include "spillway/core/keyed_hash.hpp"

#include <bit>
#include <cstddef>

namespace spillway::core {
namespace {

// Aumasson and Bernstein, "SipHash: a fast short-input PRF": two rounds a word, four at the end.
struct Sip {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }

    void absorb(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
};

// Up to eight bytes, the first one lowest, whatever the machine's own order.
std::uint64_t little_endian(std::string_view bytes) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        word = word << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return word;
}

}  // namespace

std::uint64_t keyed_hash(HashKey key, std::string_view bytes) noexcept {
    Sip sip{key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d, key.k0 ^ 0x6c7967656e657261,
            key.k1 ^ 0x7465646279746573};
    const std::uint64_t length = bytes.size();
    while (bytes.size() >= 8) {
        sip.absorb(little_endian(bytes.substr(0, 8)));
        bytes.remove_prefix(8);
    }
    sip.absorb(length << 56 | little_endian(bytes));
    sip.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) sip.round();
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

}  // namespace spillway::core
