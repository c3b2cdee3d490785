#include "scenario/scenario.hpp"

namespace spillway::scenario {

Millis length_of(const Scenario& scenario) {
    Millis length{0};
    for (const Phase& phase : scenario.phases) length += phase.length;
    return length;
}

}  // namespace spillway::scenario
