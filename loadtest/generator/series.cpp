#include "generator/series.hpp"

#include <algorithm>
#include <utility>

#include "generator/latency.hpp"

namespace spillway::loadtest {

using core::Duration;
using core::TimePoint;

Duration bin_width_for(Duration length, std::size_t bins_max) {
    Duration width = std::chrono::milliseconds{100};
    for (int step = 0; length > width * static_cast<std::int64_t>(bins_max); ++step)
        width = step % 3 == 1 ? width * 5 / 2 : width * 2;
    return width;
}

void add(Counts& counts, Ending ending) noexcept {
    switch (ending) {
        case Ending::good:
            ++counts.good;
            return;
        case Ending::late:
            ++counts.late;
            return;
        case Ending::rejected:
            ++counts.rejected;
            return;
        case Ending::error:
            ++counts.errors;
            return;
        case Ending::failed:
            ++counts.failed;
            return;
        case Ending::left:
            ++counts.left;
            return;
        case Ending::unsent:
            ++counts.unsent;
            return;
    }
}

Series::Series(TimePoint begin, Duration length)
    : begin_(begin), width_(bin_width_for(length, bins_max)) {
    bins_.reserve(bins_max);
    bins_.emplace_back();
}

Bin& Series::at(TimePoint t) {
    const auto index = std::max<std::int64_t>((t - begin_) / width_, 0);
    return bins_[std::min(static_cast<std::size_t>(index), bins_.size() - 1)];
}

Bin& Series::reach(TimePoint now) {
    const auto index = std::max<std::int64_t>((now - begin_) / width_, 0);
    const auto wanted = std::min(static_cast<std::size_t>(index) + 1, bins_max);
    while (bins_.size() < wanted) {
        close_bin();
        bins_.emplace_back();
        bins_.back().connections = bins_[bins_.size() - 2].connections;
    }
    return bins_.back();
}

void Series::close_bin() {
    Bin& bin = bins_.back();
    bin.admitted_p50_ms = to_ms(admitted_.at(0.50));
    bin.admitted_p99_ms = to_ms(admitted_.at(0.99));
    bin.refused_p99_ms = to_ms(refused_.at(0.99));
    bin.generator_delay_p99_ms = to_ms(delay_.at(0.99));
    for (Histogram* histogram : {&admitted_, &refused_, &delay_}) histogram->clear();
}

void Series::offered(TimePoint intended, bool is_retry) {
    Counts& counts = at(intended).counts;
    ++counts.offered;
    counts.retries += static_cast<std::uint64_t>(is_retry);
}

void Series::ended(TimePoint now, Ending ending, Duration latency) {
    add(reach(now).counts, ending);
    if (ending == Ending::good || ending == Ending::late) admitted_.record(latency);
    if (ending == Ending::rejected) refused_.record(latency);
}

void Series::delayed(TimePoint now, Duration delay) {
    reach(now);
    delay_.record(delay);
}

void Series::connections(TimePoint now, std::size_t open) { reach(now).connections = open; }

void Series::limiters(TimePoint now, std::vector<LimiterSample> samples) {
    reach(now).limiters = std::move(samples);
}

TimeSeries Series::finish() {
    close_bin();
    TimeSeries series;
    series.bin_s = core::to_seconds(width_);
    series.bins = bins_;
    return series;
}

}  // namespace spillway::loadtest
