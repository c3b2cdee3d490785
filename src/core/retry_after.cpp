#include "spillway/core/retry_after.hpp"

#include <algorithm>

namespace spillway::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest = std::chrono::seconds{retry_after_max_s};

constexpr std::uint32_t reverse_4_bits(std::uint32_t i) noexcept {
    return (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3;
}

}  // namespace

Duration backlog_time(std::uint32_t ahead, std::uint32_t limit, Duration mean_service) noexcept {
    if (ahead == 0 || mean_service <= Duration::zero()) return Duration::zero();
    if (limit == 0) return longest;
    const double ns = static_cast<double>(ahead) * static_cast<double>(mean_service.count()) /
                      static_cast<double>(limit);
    if (ns >= static_cast<double>(longest.count())) return longest;
    return Duration{static_cast<Duration::rep>(ns)};
}

std::array<std::uint32_t, retry_after_values> retry_after_spread(Duration t) noexcept {
    constexpr std::int64_t steps = retry_after_values - 1;  // U = 0/15, 1/15 ... 15/15
    constexpr std::int64_t second = Duration{1s}.count();
    // One second below the cap, so that even there two values are left.
    t = std::clamp<Duration>(t, 1ms, longest - 1s);
    const Duration width = std::max<Duration>(1s, t);

    std::array<std::uint32_t, retry_after_values> values{};
    for (std::uint32_t i = 0; i < values.size(); ++i) {
        const std::int64_t at = t.count() * steps + width.count() * reverse_4_bits(i);
        const auto whole = static_cast<std::uint32_t>((at + steps * second - 1) / (steps * second));
        values[i] = std::min(whole, retry_after_max_s);
    }
    return values;
}

}  // namespace spillway::core
