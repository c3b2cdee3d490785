#pragma once
// From the configuration, which knows YAML's words, to the options of the rooms, which do not.

#include <string>
#include <vector>

#include "app/pages.hpp"
#include "config/config.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/admission/quota.hpp"
#include "spillway/async/worker_pool.hpp"
#include "spillway/core/drain_plan.hpp"
#include "spillway/http/options.hpp"
#include "telemetry/log.hpp"

namespace spillway::app {

// All of them take a resolved configuration.
/// `before`: what is in force, if anything is; certificates whose files are as they were are taken
/// from there. Throws std::runtime_error for one that cannot be used.
[[nodiscard]] http::ServerOptions server_options(const config::Config& config,
                                                 const http::ServerOptions* before = nullptr);
[[nodiscard]] std::vector<IndexPage::Entry> index_entries(const config::Config& config);
[[nodiscard]] http::RouteOptions route_options(const config::Config& config,
                                               const config::Route& route);
[[nodiscard]] admission::QuotaOptions quota_options(std::string name, const config::Rate& rate);
[[nodiscard]] admission::LimiterOptions limiter_options(const std::string& name,
                                                        const config::Limiter& limiter);
[[nodiscard]] async::PoolOptions pool_options(const std::string& name, const config::Pool& pool);
[[nodiscard]] core::DrainPlan::Options drain_options(const config::Drain& drain);
[[nodiscard]] telemetry::LogOptions log_options(const config::Log& log);

}  // namespace spillway::app
