#include "scenario/check.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/check_limiter.hpp"
#include "config/nearest.hpp"
#include "scenario/template.hpp"

namespace spillway::scenario {

namespace {

class Checker {
public:
    Checker(const Scenario& scenario, const config::Value& tree, config::Problems& problems)
        : scenario_(scenario), tree_(tree), problems_(problems) {}

    void check_sizes();
    void check_client(const std::string& name, const Client& client);
    void check_phase(std::size_t index);
    void check_limiter();

private:
    void complain(const std::string& path, std::string message) {
        if (problems_.has_under(path)) return;
        problems_.add(nearest_value(tree_, path).place, path, std::move(message));
    }

    void check_templates(const std::string& path, const Client& client);
    void check_mix(const std::string& path, const Phase& phase);

    const Scenario& scenario_;
    const config::Value& tree_;
    config::Problems& problems_;
};

std::uint64_t sum(const std::map<std::string, std::uint32_t>& weights) {
    std::uint64_t all = 0;
    for (const auto& [name, weight] : weights) all += weight;
    return all;
}

void Checker::check_sizes() {
    const std::string kinds = "allowed: 1.." + std::to_string(kinds_max) + " kinds of clients)";
    if (scenario_.clients.empty()) complain("clients", "is empty (" + kinds);
    if (scenario_.clients.size() > kinds_max) complain("clients", "has too many (" + kinds);
    if (scenario_.phases.empty()) {
        complain("phases", "is empty (allowed: 1.." + std::to_string(phases_max) + " phases)");
        return;
    }
    const bool has_measured = std::any_of(scenario_.phases.begin(), scenario_.phases.end(),
                                          [](const Phase& phase) { return phase.measured; });
    if (!has_measured) {
        complain("phases", "measure nothing (allowed: at least one phase with measured: true)");
    }
}

void Checker::check_client(const std::string& name, const Client& client) {
    const std::string path = "clients." + name;
    check_templates(path, client);
    if (!client.body.file.empty() && client.body.size > 0) {
        complain(path + ".body", "has a file and a size (allowed: one of the two)");
    }
    if (!client.tenants.empty() && sum(client.tenants) == 0) {
        complain(path + ".tenants", "weigh nothing (allowed: at least one weight above 0)");
    }
    if (client.patience && *client.patience >= scenario_.timeout) {
        complain(path + ".patience",
                 "never ends before the timeout does (allowed: less than timeout)");
    }
}

void Checker::check_templates(const std::string& path, const Client& client) {
    if (!client.tenants.empty()) return;
    const auto check_one = [&](const std::string& where, const std::string& text) {
        if (!wrong_with_template(text).empty() || !Template{text}.uses_tenant()) return;
        complain(where, "names {tenant}, and the client has none (allowed: with tenants)");
    };
    check_one(path + ".path", client.path);
    for (const auto& [field, value] : client.headers) check_one(path + ".headers." + field, value);
}

void Checker::check_phase(std::size_t index) {
    const Phase& phase = scenario_.phases[index];
    const std::string path = "phases." + std::to_string(index);
    for (std::size_t before = 0; before < index; ++before) {
        if (phase.name.empty() || scenario_.phases[before].name != phase.name) continue;
        complain(path + ".name",
                 "is the name of phases." + std::to_string(before) + " too (allowed: each once)");
    }
    // A rate that could not be read is no missing one.
    if (phase.rate.has_value() == !phase.recorded.empty() && !problems_.has_under(path + ".rate")) {
        complain(phase.rate ? path + ".recorded" : path,
                 phase.rate ? "stands beside a rate (allowed: one of the two)"
                            : "has neither rate nor recorded (allowed: one of the two)");
    }
    if (!phase.recorded.empty() && phase.arrivals != Arrivals::constant) {
        complain(path + ".arrivals", "does not apply to recorded times (allowed: with rate)");
    }
    check_mix(path, phase);
}

void Checker::check_mix(const std::string& path, const Phase& phase) {
    std::vector<std::string> names;
    std::uint64_t all = 0;
    for (const auto& [name, client] : scenario_.clients) {
        names.push_back(name);
        if (phase.mix.empty()) all += client.weight;
    }
    // Where the kinds as a whole are wrong, what is missing among them is not the mix's fault.
    if (names.empty() || problems_.has("clients")) return;
    for (const auto& [name, weight] : phase.mix) {
        all += weight;
        if (scenario_.clients.contains(name)) continue;
        std::string known;
        for (const std::string& one : names) known += (known.empty() ? "" : ", ") + one;
        complain(path + ".clients." + name, "there is no such client" +
                                                config::did_you_mean(name, names) +
                                                " (allowed: " + known + ")");
    }
    if (all == 0) {
        complain(phase.mix.empty() ? path : path + ".clients",
                 "weighs nothing (allowed: at least one weight above 0)");
    }
}

void Checker::check_limiter() {
    const Limiter& limiter = scenario_.limiter;
    config::check_limit_keys("limiter.limit", limiter.limit, tree_, problems_);
    config::check_limit_bounds("limiter.limit", limiter.limit, pool_of(scenario_.service), 1, tree_,
                               problems_);
    config::check_queue("limiter.queue", limiter.queue, tree_, problems_);
    config::check_rate("limiter.rate", limiter.rate, tree_, problems_);
}

}  // namespace

void check(const Scenario& scenario, const config::Value& tree, config::Problems& problems) {
    Checker checker{scenario, tree, problems};
    checker.check_sizes();
    for (const auto& [name, client] : scenario.clients) checker.check_client(name, client);
    for (std::size_t i = 0; i < scenario.phases.size(); ++i) checker.check_phase(i);
    checker.check_limiter();
}

}  // namespace spillway::scenario
