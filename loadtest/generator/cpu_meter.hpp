#pragma once
// How much of one core this process used.

#include <algorithm>

#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// CPU time of the process so far, user and system.
[[nodiscard]] core::Duration process_cpu();

/// Pure: told the time and the CPU time, it keeps the mean and the busiest second. A regular value.
class CpuMeter {
public:
    void begin(core::TimePoint now, core::Duration cpu) noexcept {
        begin_ = second_ = now;
        begin_cpu_ = second_cpu_ = cpu;
    }
    void look(core::TimePoint now, core::Duration cpu) noexcept {
        if (now - second_ < std::chrono::seconds{1}) return;
        max_ = std::max(max_, share(now - second_, cpu - second_cpu_));
        second_ = now;
        second_cpu_ = cpu;
    }
    void end(core::TimePoint now, core::Duration cpu) noexcept {
        mean_ = share(now - begin_, cpu - begin_cpu_);
        max_ = std::max(max_, mean_);
    }
    /// Of one core, 0 to 1 with one thread.
    [[nodiscard]] double mean() const noexcept { return mean_; }
    [[nodiscard]] double max() const noexcept { return max_; }

private:
    static double share(core::Duration wall, core::Duration cpu) noexcept {
        return wall.count() > 0
                   ? static_cast<double>(cpu.count()) / static_cast<double>(wall.count())
                   : 0;
    }

    core::TimePoint begin_{};
    core::TimePoint second_{};
    core::Duration begin_cpu_{0};
    core::Duration second_cpu_{0};
    double mean_ = 0;
    double max_ = 0;
};

}  // namespace spillway::loadtest
