#include "app/shadow_setup.hpp"

#include <algorithm>
#include <cstdint>

#include "app/queue_setup.hpp"
#include "config/limiter_options.hpp"

namespace spillway::app {
namespace {

/// Some 100 bytes each.
constexpr std::uint64_t requests_most = 65'536;
/// Those whose end in the live limiter is on its way.
constexpr std::uint64_t requests_spare = 64;

}  // namespace

const config::Queue& shadow_queue(const config::Limiter& limiter) {
    const bool has_own = limiter.shadow && limiter.shadow->queue;
    return has_own ? *limiter.shadow->queue : limiter.queue;
}

std::optional<core::ShadowOptions> shadow_options(const config::Config& config,
                                                  const std::string& limiter) {
    const config::Limiter& from = config.limiters.at(limiter);
    if (!from.shadow) return std::nullopt;
    const config::Limit& limit = from.shadow->limit ? *from.shadow->limit : from.limit;
    const config::Queue& queue = shadow_queue(from);

    core::ShadowOptions to;
    to.limit = config::policy_options(limit);
    if (config::is_weighted(config, limiter)) to.places = config::places(config, limiter);
    to.queue = queue_options(config, limiter, queue);
    to.wait_timeout = queue.wait_timeout;
    const std::uint64_t at_a_time = std::uint64_t{from.queue.capacity} +
                                    config::largest(from.limit) + queue.capacity +
                                    config::largest(limit) + requests_spare;
    to.requests_max = static_cast<std::uint32_t>(std::min(at_a_time, requests_most));
    return to;
}

}  // namespace spillway::app
