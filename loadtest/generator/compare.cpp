#include "generator/compare.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "generator/latency.hpp"

namespace spillway::loadtest {

std::uint32_t closed_connections_for(const Result& open) {
    if (open.total.duration_s <= 0) return 1;
    const double rate = static_cast<double>(open.total.admitted.count) / open.total.duration_s;
    const double busy = rate * percentile_ms(open.total.admitted, 0.5) / 1000;
    return static_cast<std::uint32_t>(
        std::clamp(std::round(busy), 1.0, static_cast<double>(scenario::connections_max)));
}

std::optional<Comparison> compare(const scenario::Scenario& scenario, const RunOptions& options,
                                  std::uint32_t closed, std::string& why) {
    RunOptions open_options = options;
    open_options.engine.closed = false;
    auto open = run(scenario, open_options, why);
    if (!open) return std::nullopt;
    if (open->interrupted) {
        why = "interrupted in the open loop: there is nothing to compare with";
        return Comparison{*std::move(open), std::nullopt};
    }
    RunOptions closed_options = options;
    closed_options.engine.closed = true;
    scenario::Scenario again = scenario;
    again.connections = closed > 0 ? closed : closed_connections_for(*open);
    auto asked = run(again, closed_options, why);
    return Comparison{*std::move(open), std::move(asked)};
}

}  // namespace spillway::loadtest
