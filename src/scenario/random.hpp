#pragma once
// Random numbers that are the same on every machine: the engine is one whose output the standard
// fixes, the distributions (which it does not fix) are our own.

#include <cstdint>
#include <random>

namespace spillway::scenario {

/// Streams of one seed are independent of each other: what one draws more moves no other.
enum class Stream : std::uint32_t { arrivals, mix, templates, retries, service };

/// Not thread-safe. 2.5 KiB.
class Random {
public:
    Random(std::uint64_t seed, Stream stream);

    [[nodiscard]] std::uint64_t bits() { return engine_(); }

    /// In [0, 1), a multiple of 2^-53.
    [[nodiscard]] double uniform() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }

    /// In [0, n), all equally likely. Pre: n > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t n);

    /// Exponentially distributed with mean 1. About 4 draws; no logarithm, whose last digit is the
    /// library's affair.
    [[nodiscard]] double exponential();

private:
    std::mt19937_64 engine_;
};

}  // namespace spillway::scenario
