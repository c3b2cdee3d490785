#include <algorithm>

#include "config/address.hpp"
#include "config/check.hpp"
#include "config/units.hpp"

namespace spillway::config {

namespace {

constexpr std::uint64_t bytes_per_pixel = 4;

/// In MiB, rounded: a warning is for people.
std::string in_mib(std::uint64_t bytes) { return std::to_string(bytes >> 20U) + " MiB"; }

bool has_resize(const Config& config, const std::string& pool) {
    return std::any_of(config.routes.begin(), config.routes.end(), [&](const Route& route) {
        return route.handler == "resize" && route.pool == pool;
    });
}

void warn_of_memory(const Config& config, const Machine& machine,
                    std::vector<std::string>& warnings) {
    if (machine.memory_bytes == 0) return;
    for (const auto& [name, pool] : config.pools) {
        const std::uint64_t workers = resolve_pool(pool, machine).workers.value_or(1);
        // At most 4096 x 10^10 x 4: no overflow.
        const std::uint64_t bytes = workers * config.resize.pixels_max * bytes_per_pixel;
        if (!has_resize(config, name) || bytes <= machine.memory_bytes) continue;
        warnings.push_back("resize.pixels_max: " + std::to_string(workers) + " workers of pool " +
                           name + " x " + std::to_string(config.resize.pixels_max) +
                           " pixels x 4 bytes = " + in_mib(bytes) +
                           ", more than the memory limit of " + in_mib(machine.memory_bytes));
    }
}

}  // namespace

std::vector<std::string> warnings(const Config& config, const Machine& machine) {
    std::vector<std::string> warnings;
    warn_of_memory(config, machine, warnings);
    const auto control = parse_endpoint(config.control.listen);
    if (control && !is_loopback(*control) && config.control.token_file.empty()) {
        warnings.push_back("control.listen: " + config.control.listen +
                           " is not a loopback address: the control listener answers reads only, "
                           "for there is no control.token_file");
    }
    for (std::size_t i = 0; i < config.routes.size(); ++i) {
        const Route& route = config.routes[i];
        // The drill handler discards its body as it reads.
        if (route.handler == "drill" || route.body_bytes_max <= config.server.body_memory_max) {
            continue;
        }
        warnings.push_back("routes." + std::to_string(i) +
                           ".body_bytes_max: " + format_size(route.body_bytes_max) +
                           " is more than server.body_memory_max, " +
                           format_size(config.server.body_memory_max) +
                           ": larger bodies are refused with 503 ingest_full");
    }
    if (config.routes.empty()) {
        warnings.emplace_back("routes: there are none, only the built-in pages are served");
    }
    return warnings;
}

}  // namespace spillway::config
