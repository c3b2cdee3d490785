#pragma once
// What happened when: counts and latencies by stretches of time, in bounded memory.

#include <cstddef>
#include <vector>

#include "generator/histogram.hpp"
#include "generator/outcome.hpp"
#include "generator/result.hpp"
#include "spillway/core/time.hpp"

namespace spillway::loadtest {

/// The narrowest of 100 ms, 200 ms, 500 ms, 1 s, 2 s ... of which `bins_max` cover `length`.
[[nodiscard]] core::Duration bin_width_for(core::Duration length, std::size_t bins_max);

/// One more that ended so.
void add(Counts& counts, Ending ending) noexcept;

/// *Shard-local.* Times are handed in and never go back; what comes after the last bin counts in
/// it. Latencies are those of what ended in a bin, known as precisely as the run's.
class Series {
public:
    static constexpr std::size_t bins_max = 1200;

    /// `length` is how long the run can take at most.
    Series(core::TimePoint begin, core::Duration length);

    void offered(core::TimePoint intended, bool is_retry);
    void ended(core::TimePoint now, Ending ending, core::Duration latency);
    void delayed(core::TimePoint now, core::Duration delay);
    void connections(core::TimePoint now, std::size_t open);
    void limiters(core::TimePoint now, std::vector<LimiterSample> samples);

    /// The bins so far, the current one included. Ends the current bin.
    [[nodiscard]] TimeSeries finish();

private:
    Bin& at(core::TimePoint t);
    Bin& reach(core::TimePoint now);
    void close_bin();

    core::TimePoint begin_;
    core::Duration width_;
    std::vector<Bin> bins_;  // the last one is current
    Histogram admitted_;     // of the current bin, as the others
    Histogram refused_;
    Histogram delay_;
};

}  // namespace spillway::loadtest
