#pragma once
// From a resolved configuration to the queue of a limiter, and to what requests claim of it.

#include <string>

#include "config/config.hpp"
#include "spillway/core/queue_options.hpp"
#include "spillway/http/options.hpp"

namespace spillway::app {

[[nodiscard]] core::QueueOptions queue_options(const config::Config& config,
                                               const std::string& limiter);
/// With `queue` in the place of the limiter's own.
[[nodiscard]] core::QueueOptions queue_options(const config::Config& config,
                                               const std::string& limiter,
                                               const config::Queue& queue);

/// Nobody where nothing is shared out among tenants.
[[nodiscard]] http::TenantOptions tenant_options(const config::Config& config,
                                                 const config::Route& route);

[[nodiscard]] http::ClaimOptions claim_options(const config::Config& config,
                                               const config::Route& route);

}  // namespace spillway::app
