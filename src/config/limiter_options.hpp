#pragma once
// From what is configured of a limiter to the options of core: of the service, of what it shadows,
// and of the simulator.

#include <optional>

#include "config/config.hpp"
#include "spillway/core/codel.hpp"
#include "spillway/core/limit/limit_policy.hpp"
#include "spillway/core/queue_options.hpp"

namespace spillway::config {

/// Nothing for a fixed limit. `limit` is resolved.
[[nodiscard]] std::optional<core::LimitPolicyOptions> limit_options(const Limit& limit);

/// The same with a fixed limit as a policy too.
[[nodiscard]] core::LimitPolicyOptions policy_options(const Limit& limit);

/// `measured` where the configuration says auto; what results is valid.
[[nodiscard]] core::CodelTimes codel_times(const Codel& codel, core::CodelTimes measured);

/// Whole and valid, with all the bands that are configured.
[[nodiscard]] core::QueueOptions queue_options(const Queue& queue, const Priority& priority,
                                               const Tenant& tenant);

}  // namespace spillway::config
