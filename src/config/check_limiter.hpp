#pragma once
// What no single key of a limiter can know, for configurations and scenarios alike. Each adds to
// `problems` what is wrong with the section at `path`, which was read from `tree`; keys that have
// problems already are left alone. Pure.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "config/value.hpp"

namespace spillway::config {

/// Parameters of other algorithms, percentiles that nobody looks at.
void check_limit_keys(const std::string& path, const Limit& limit, const Value& tree,
                      Problems& problems);

/// Bounds that contradict each other, `auto` resolved as for one of so many limiters of the pool,
/// which is resolved.
void check_limit_bounds(const std::string& path, const Limit& limit, const Pool& pool,
                        std::size_t limiters, const Value& tree, Problems& problems);

/// Marks and times in the wrong order.
void check_queue(const std::string& path, const Queue& queue, const Value& tree,
                 Problems& problems);

/// Quotas that cannot be counted exactly.
void check_rate(const std::string& path, const std::optional<Rate>& rate, const Value& tree,
                Problems& problems);

/// The first of `paths` that somebody wrote; the first, when all are defaults.
[[nodiscard]] std::string culprit(const Value& tree, const std::vector<std::string>& paths);

}  // namespace spillway::config
