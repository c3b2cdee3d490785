#pragma once
// Which kind of request an arrival is, and for which tenant.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/random.hpp"
#include "scenario/scenario.hpp"

namespace spillway::scenario {

/// Draws indices in proportion to their weights. O(log n).
class WeightedIndex {
public:
    void add(std::uint32_t weight);
    [[nodiscard]] bool empty() const { return sums_.empty(); }

    /// Pre: the weights are not all 0.
    [[nodiscard]] std::size_t pick(Random& random) const;

private:
    std::vector<std::uint64_t> sums_;  // of the weights up to each
};

/// What a kind of client weighs in a phase: as the phase says, where it names kinds; else its own.
[[nodiscard]] std::uint32_t weight_in(const Phase& phase, const std::string& kind,
                                      const Client& client);

struct Choice {
    std::size_t kind;         // index in the order of `Scenario::clients`
    std::string_view tenant;  // empty when the kind has none
    std::size_t index = 0;    // of the tenant, in the order of `Client::tenants`
};

/// Pure. Keeps views into the scenario, which outlives it and does not change.
class Mix {
public:
    explicit Mix(const Scenario& scenario);

    [[nodiscard]] Choice pick(std::size_t phase, Random& random) const;

private:
    struct Tenants {
        WeightedIndex index;
        std::vector<std::string_view> names;
    };

    std::vector<WeightedIndex> kinds_;  // by phase
    std::vector<Tenants> tenants_;      // by kind
};

}  // namespace spillway::scenario
