#pragma once
// The generator counts durations as the simulator does, so that their percentiles can be compared.

#include "scenario/histogram.hpp"

namespace spillway::loadtest {

using scenario::Histogram;

}  // namespace spillway::loadtest
