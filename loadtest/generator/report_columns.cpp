#include "generator/report_columns.hpp"

#include <algorithm>

namespace spillway::loadtest {

namespace {

void add(Counts& sum, const Counts& counts) {
    sum.offered += counts.offered;
    sum.retries += counts.retries;
    sum.good += counts.good;
    sum.late += counts.late;
    sum.rejected += counts.rejected;
    sum.errors += counts.errors;
    sum.failed += counts.failed;
    sum.left += counts.left;
    sum.unsent += counts.unsent;
}

void add(Column& column, const Bin& bin) {
    add(column.counts, bin.counts);
    const auto raise = [](double& value, double other) { value = std::max(value, other); };
    raise(column.admitted_p50_ms, bin.admitted_p50_ms);
    raise(column.admitted_p99_ms, bin.admitted_p99_ms);
    raise(column.refused_p99_ms, bin.refused_p99_ms);
    raise(column.generator_delay_p99_ms, bin.generator_delay_p99_ms);
    if (!bin.limiters.empty()) column.limiters = bin.limiters;
}

}  // namespace

std::vector<Column> columns_of(const TimeSeries& series, std::size_t columns_max) {
    const std::size_t bins = series.bins.size();
    const std::size_t each = std::max<std::size_t>(1, (bins + columns_max - 1) / columns_max);
    std::vector<Column> columns;
    for (std::size_t first = 0; first < bins; first += each) {
        const std::size_t end = std::min(first + each, bins);
        Column& column = columns.emplace_back();
        column.begin_s = static_cast<double>(first) * series.bin_s;
        column.end_s = static_cast<double>(end) * series.bin_s;
        for (std::size_t i = first; i < end; ++i) add(column, series.bins[i]);
    }
    return columns;
}

}  // namespace spillway::loadtest
