#pragma once
// The series of a limiter's candidate.

#include <string>

#include "spillway/core/shadow/shadow.hpp"
#include "telemetry/exposition.hpp"

namespace spillway::app {

void add_shadow(telemetry::Exposition& e, const std::string& limiter,
                const core::ShadowState& state);

}  // namespace spillway::app
