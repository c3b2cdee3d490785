#pragma once
// Every series of the service, from the start, at 0.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/async/worker_pool.hpp"
#include "spillway/http/stats.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

using Limiters = std::map<std::string, std::unique_ptr<admission::Limiter>>;
using NamedQuotas = std::map<std::string, std::shared_ptr<admission::Quota>>;
using Pools = std::map<std::string, std::unique_ptr<async::WorkerPool>>;

/// How changes of the configuration have gone. Any thread.
struct ReloadCounts {
    std::atomic<std::uint64_t> applied{0};
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<bool> last_was_applied{true};  // the one at the start was
    std::atomic<double> applied_at{0};         // seconds since 1970
};

/// One scrape, as text. Thread-safe; reads each cell once.
[[nodiscard]] std::string metrics_text(const http::ServerStats& stats, const Limiters& limiters,
                                       const NamedQuotas& quotas, const Pools& pools,
                                       const telemetry::Log& log, const ReloadCounts& reloads);

}  // namespace spillway::app
