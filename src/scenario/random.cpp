#include "scenario/random.hpp"

#include <limits>

#include "spillway/core/assert.hpp"

namespace spillway::scenario {

namespace {

std::mt19937_64 engine(std::uint64_t seed, Stream stream) {
    std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                           static_cast<std::uint32_t>(seed >> 32U),
                           static_cast<std::uint32_t>(stream)};
    return std::mt19937_64{sequence};
}

}  // namespace

Random::Random(std::uint64_t seed, Stream stream) : engine_(engine(seed, stream)) {}

std::uint64_t Random::below(std::uint64_t n) {
    SPILLWAY_ASSERT(n > 0);
    // What is left over after whole multiples of n would favour the small results.
    const std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t accepted = all - all % n;
    std::uint64_t drawn = bits();
    while (drawn >= accepted) drawn = bits();
    return drawn % n;
}

// John von Neumann, 1951: draw while the numbers fall. A run of odd length ends it with its first
// number as the fraction; each run of even length before it adds 1.
double Random::exponential() {
    for (double whole = 0;; whole += 1) {
        const double first = uniform();
        double last = first;
        bool is_odd = true;
        for (double next = uniform(); next < last; next = uniform()) {
            last = next;
            is_odd = !is_odd;
        }
        if (is_odd) return whole + first;
    }
}

}  // namespace spillway::scenario
