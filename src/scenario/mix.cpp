#include "scenario/mix.hpp"

#include <algorithm>

namespace spillway::scenario {

void WeightedIndex::add(std::uint32_t weight) {
    sums_.push_back((sums_.empty() ? 0 : sums_.back()) + weight);
}

std::size_t WeightedIndex::pick(Random& random) const {
    const auto above = std::upper_bound(sums_.begin(), sums_.end(), random.below(sums_.back()));
    return static_cast<std::size_t>(above - sums_.begin());
}

std::uint32_t weight_in(const Phase& phase, const std::string& kind, const Client& client) {
    if (phase.mix.empty()) return client.weight;
    const auto named = phase.mix.find(kind);
    return named == phase.mix.end() ? 0 : named->second;
}

Mix::Mix(const Scenario& scenario) {
    for (const Phase& phase : scenario.phases) {
        WeightedIndex& kinds = kinds_.emplace_back();
        for (const auto& [name, client] : scenario.clients)
            kinds.add(weight_in(phase, name, client));
    }
    for (const auto& [name, client] : scenario.clients) {
        Tenants& tenants = tenants_.emplace_back();
        for (const auto& [tenant, weight] : client.tenants) {
            tenants.names.push_back(tenant);
            tenants.index.add(weight);
        }
    }
}

Choice Mix::pick(std::size_t phase, Random& random) const {
    const std::size_t kind = kinds_[phase].pick(random);
    const Tenants& tenants = tenants_[kind];
    if (tenants.names.empty()) return {kind, {}, 0};
    const std::size_t tenant = tenants.index.pick(random);
    return {kind, tenants.names[tenant], tenant};
}

}  // namespace spillway::scenario
