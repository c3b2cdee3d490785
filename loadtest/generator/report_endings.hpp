#pragma once
// The seven ways to end, as every picture and table has them: one order, one colour, one name each.

#include <array>
#include <cstdint>
#include <string_view>

#include "generator/result.hpp"

namespace spillway::loadtest {

struct EndingStyle {
    std::string_view css_class;
    std::string_view name;
    std::string_view meaning;
    std::uint64_t Counts::* count;
};

inline constexpr std::array<EndingStyle, 7> ending_styles{{
    {"good", "good", "answered 2xx within the SLO", &Counts::good},
    {"late", "late", "answered 2xx after it", &Counts::late},
    {"rejected", "rejected", "refused with an answer", &Counts::rejected},
    {"errors", "errors", "any other status", &Counts::errors},
    {"failed", "failed", "no complete answer", &Counts::failed},
    {"left", "left", "the client hung up first", &Counts::left},
    {"unsent", "unsent", "no connection was free", &Counts::unsent},
}};

/// What all endings together are; equal to `offered` in a balanced account.
[[nodiscard]] constexpr std::uint64_t ended(const Counts& counts) {
    std::uint64_t all = 0;
    for (const EndingStyle& style : ending_styles) all += counts.*style.count;
    return all;
}

}  // namespace spillway::loadtest
