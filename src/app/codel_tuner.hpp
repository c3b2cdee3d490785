#pragma once
// Keeps what queues call a standing wait in proportion to what their work takes.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "spillway/admission/limiter.hpp"
#include "spillway/core/histogram.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::app {

/// The duration below which that part of what was observed lies, linear within a bucket. Zero when
/// nothing was. *Pure.*
[[nodiscard]] core::Duration quantile(const core::HistogramSnapshot& observed, double part);

/// For limiters with CoDel or adaptive_lifo: their times, where the configuration says auto, follow
/// the service times since the last change. Main thread.
class CodelTuner {
public:
    /// `config` is resolved; the limiters must outlive this.
    CodelTuner(const config::Config& config,
               const std::map<std::string, std::unique_ptr<admission::Limiter>>& limiters);

    [[nodiscard]] bool is_idle() const noexcept { return tuned_.empty(); }
    /// Now and then, every second or so.
    void update(const http::ServerStats& stats);

private:
    struct Tuned {
        std::string name;
        admission::Limiter* limiter;
        config::Codel written;
        core::HistogramSnapshot before;
    };
    std::vector<Tuned> tuned_;
};

}  // namespace spillway::app
