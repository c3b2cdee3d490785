#pragma once
// When a refused client should come back: not before the backlog ahead of it has drained, and not
// in step with all the others that were refused in the same wave.
//
//     N = ceil(t + U(0, max(1 s, t)))      t = time until the backlog drains
//
// The spread is as wide as the wait itself, so that a wave of refusals returns at about half the
// rate at which the backlog drains. U is stratified instead of drawn: its 16 values include 0 and
// 1, so that at least two whole seconds occur, and replies can be prepared in advance.

#include <array>
#include <cstddef>
#include <cstdint>

#include "spillway/core/time.hpp"

namespace spillway::core {

inline constexpr std::size_t retry_after_values = 16;
inline constexpr std::uint32_t retry_after_max_s = 3600;

/// How long `ahead` requests take when `limit` of them run at a time for `mean_service` each.
/// Saturates at an hour; a limit of 0 drains nothing. *Pure.*
[[nodiscard]] Duration backlog_time(std::uint32_t ahead, std::uint32_t limit,
                                    Duration mean_service) noexcept;

/// The values of Retry-After, in whole seconds, for a backlog that drains in `t` (taken as at
/// least 1 ms): each in 1..retry_after_max_s and not before `t`, as long as `t` is below the cap;
/// at least two are different. In bit-reversed order, so that refusals which take them in turn are
/// spread from the first ones on. *Pure.*
[[nodiscard]] std::array<std::uint32_t, retry_after_values> retry_after_spread(Duration t) noexcept;

}  // namespace spillway::core
