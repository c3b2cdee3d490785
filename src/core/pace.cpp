#include "spillway/core/rate/pace.hpp"

#include <algorithm>
#include <numeric>

#include "spillway/core/assert.hpp"

namespace spillway::core {
namespace {

__extension__ using Wide = __int128;
__extension__ using WideUnsigned = unsigned __int128;

constexpr Duration period_max{std::int64_t{1} << 59};

}  // namespace

std::vector<std::string_view> RateOptions::validate() const {
    std::vector<std::string_view> problems;
    if (rate == 0) problems.emplace_back("rate must be at least 1");
    if (burst == 0) problems.emplace_back("burst must be at least 1");
    if (period <= Duration::zero() || period > period_max) {
        problems.emplace_back("period must be between 1 ns and 18 years");
    }
    if (!problems.empty()) return problems;
    const auto ns = static_cast<WideUnsigned>(period.count());
    if (rate > ns) problems.emplace_back("rate must be at most one unit a nanosecond");
    if (burst * ns > rate * static_cast<WideUnsigned>(Pace::span_max.count())) {
        problems.emplace_back("burst must be at most what the rate gives in 2 years");
    }
    return problems;
}

Pace::Pace(const RateOptions& options) noexcept {
    SPILLWAY_ASSERT(options.validate().empty());
    auto period = static_cast<std::uint64_t>(options.period.count());
    std::uint64_t rate = options.rate;
    const std::uint64_t common = std::gcd(rate, period);
    rate /= common;
    period /= common;
    if (rate <= ticks_per_ns_max) {
        per_unit_ = static_cast<Ticks>(period);
        num_ = rate;
        den_ = 1;
        return;
    }
    // As many ticks to the unit as the range allows; at least 16, for a unit takes 1 ns or more.
    const std::uint64_t per_unit = ticks_per_ns_max * period / rate;
    const std::uint64_t reducible = std::gcd(per_unit, period);
    per_unit_ = static_cast<Ticks>(per_unit);
    num_ = per_unit / reducible * rate;
    den_ = period / reducible;
}

Pace::Ticks Pace::floor_ticks(std::int64_t ns) const noexcept {
    const Wide product = static_cast<Wide>(ns) * num_;
    const auto den = static_cast<Wide>(den_);
    const Wide quotient = product / den;
    return static_cast<Ticks>(product % den < 0 ? quotient - 1 : quotient);
}

TimePoint Pace::instant(Ticks t) const noexcept {
    const Wide product = static_cast<Wide>(t) * den_;
    const auto num = static_cast<Wide>(num_);
    const Wide quotient = product / num;
    return TimePoint{
        Duration{static_cast<std::int64_t>(product % num > 0 ? quotient + 1 : quotient)}};
}

}  // namespace spillway::core
