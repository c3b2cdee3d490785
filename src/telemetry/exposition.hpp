#pragma once
// Plain numbers in, Prometheus text out. Whoever is scraped sums its own cells, puts them in here
// by name, and prometheus-cpp writes the format.

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spillway/core/histogram.hpp"

namespace spillway::telemetry {

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::initializer_list<Label>;

/// A histogram's cells at one moment, as they are kept: not cumulative.
struct HistogramCells {
    std::span<const double> bounds;         // upper bounds, ascending, without +Inf
    std::span<const std::uint64_t> counts;  // one per bound, then one for what is above them all
    double sum = 0;
};

/// The families of one scrape. Not thread-safe: build it, take the text, let it go.
class Exposition {
public:
    /// One metric name and its series. Valid while its Exposition lives.
    class Family {
    public:
        Family& add(Labels labels, double value);
        Family& add(double value) { return add({}, value); }
        Family& add(Labels labels, const HistogramCells& cells);
        Family& add(Labels labels, const core::HistogramSnapshot& snapshot) {
            return add(labels, HistogramCells{.bounds = core::histogram_bounds_s,
                                              .counts = snapshot.buckets,
                                              .sum = snapshot.sum_s});
        }

    private:
        friend class Exposition;
        Family(Exposition& owner, std::size_t index) : owner_(owner), index_(index) {}
        prometheus::ClientMetric& append(Labels labels);
        [[nodiscard]] prometheus::MetricFamily& family() const;

        Exposition& owner_;
        std::size_t index_;
    };

    /// The family of that name, new or as begun before (names appear once in the format). A family
    /// without series is written with its HELP and TYPE only. Asserts that the type is the same.
    Family counter(std::string_view name, std::string_view help);
    Family gauge(std::string_view name, std::string_view help);
    Family histogram(std::string_view name, std::string_view help);

    [[nodiscard]] const std::vector<prometheus::MetricFamily>& families() const& {
        return families_;
    }
    [[nodiscard]] std::vector<prometheus::MetricFamily> families() && {
        return std::move(families_);
    }

    /// Prometheus text format 0.0.4 (content_type).
    [[nodiscard]] std::string text() const;
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

private:
    Family find_or_add(prometheus::MetricType type, std::string_view name, std::string_view help);

    std::vector<prometheus::MetricFamily> families_;
};

/// For a program with a prometheus-cpp exposer of its own: registered there, it fills a new
/// Exposition at each scrape. `fill` runs on the exposer's thread.
class ExpositionCollectable final : public prometheus::Collectable {
public:
    explicit ExpositionCollectable(std::function<void(Exposition&)> fill)
        : fill_(std::move(fill)) {}
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::function<void(Exposition&)> fill_;
};

}  // namespace spillway::telemetry
