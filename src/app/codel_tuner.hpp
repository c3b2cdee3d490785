#pragma once
// Keeps what queues call a standing wait in proportion to what their work takes.

#include <string>
#include <vector>

#include "config/config.hpp"
#include "spillway/core/codel.hpp"
#include "spillway/core/codel_tuning.hpp"
#include "spillway/http/stats.hpp"

namespace spillway::app {

/// For limiters and candidates with CoDel or adaptive_lifo: their times, where the configuration
/// says auto, follow the service times since the last change. *Pure*.
class CodelTuner {
public:
    struct Change {
        std::string limiter;
        bool is_shadow = false;  // its candidate's times, not its own
        core::CodelTimes times;
    };

    /// `config` is resolved.
    explicit CodelTuner(const config::Config& config);

    /// To be called now and then, every second or so: what to set.
    [[nodiscard]] std::vector<Change> update(const http::ServerStats& stats);

private:
    void add(const config::Queue& queue, const std::string& limiter, bool is_shadow);

    struct Tuned {
        std::string limiter;
        bool is_shadow;
        config::Codel written;
        core::CodelTuning tuning;
    };
    std::vector<Tuned> tuned_;
};

}  // namespace spillway::app
