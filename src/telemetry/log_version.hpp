#pragma once
// Which spdlog this was built with.

#include <string>

namespace spillway::telemetry {

[[nodiscard]] std::string log_version();

}  // namespace spillway::telemetry
