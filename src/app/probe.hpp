#pragma once
// One GET, for container health checks that have no curl.

#include <string>

#include "config/config.hpp"

namespace spillway::app {

/// True on a 2xx. What went wrong is one line on stderr. Bounded: five seconds in all.
[[nodiscard]] bool probe(const std::string& url);

/// /healthz of the service with this configuration: on the control listener if there is one.
[[nodiscard]] std::string own_health_url(const config::Config& config);

}  // namespace spillway::app
