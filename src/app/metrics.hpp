#pragma once
// Every series of the service, from the start, at 0.

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
using NamedQuotas = std::map<std::string, std::unique_ptr<admission::Quota>>;
using Pools = std::map<std::string, std::unique_ptr<async::WorkerPool>>;

/// One scrape, as text. Thread-safe; reads each cell once.
[[nodiscard]] std::string metrics_text(const http::ServerStats& stats, const Limiters& limiters,
                                       const NamedQuotas& quotas, const Pools& pools,
                                       const telemetry::Log& log);

}  // namespace spillway::app
