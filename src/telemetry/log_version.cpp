#include "telemetry/log_version.hpp"

#include <spdlog/version.h>

namespace spillway::telemetry {

std::string log_version() {
    return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
           std::to_string(SPDLOG_VER_PATCH);
}

}  // namespace spillway::telemetry
