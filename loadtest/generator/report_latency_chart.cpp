#include "generator/report_latency_chart.hpp"

#include <algorithm>

#include "generator/report_chart.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr double plot_height = 300;

void add_curve(Chart& chart, const LatencyCurve& curve) {
    const Latency& latency = *curve.latency;
    const auto count = static_cast<double>(latency.count);
    std::vector<Point> points;
    for (const Percentile& point : latency.curve) {
        points.push_back({nines(point.fraction, count), point.ms});
    }
    chart.curve(points, "line " + curve.css_class);
    for (const Percentile& percentile : latency.percentiles) {
        // Beyond the last sample a percentile is the maximum, and says nothing of its own.
        if ((1 - percentile.fraction) * count < 1) continue;
        chart.dot({nines(percentile.fraction, count), percentile.ms}, "dot " + curve.css_class,
                  curve.name + "\n" + percentile_text(percentile.fraction) + " within " +
                      ms_text(percentile.ms));
    }
    chart.dot(
        {nines(1, count), latency.max_ms}, "dot " + curve.css_class,
        curve.name + "\nslowest of " + count_text(latency.count) + ": " + ms_text(latency.max_ms));
}

}  // namespace

std::string latency_figure(const std::string& id, const std::string& title, const std::string& note,
                           const std::vector<LatencyCurve>& curves, double objective_ms) {
    double low = objective_ms;
    double high = objective_ms;
    double count = 0;
    std::vector<LegendItem> items;
    for (const LatencyCurve& curve : curves) {
        if (curve.latency->count == 0) continue;
        const double least = std::max(curve.latency->min_ms, 1e-3);
        low = low > 0 ? std::min(low, least) : least;
        high = std::max(high, curve.latency->max_ms);
        count = std::max(count, static_cast<double>(curve.latency->count));
        items.push_back({"line " + curve.css_class,
                         curve.name + " (" + count_text(curve.latency->count) + ")", false});
    }
    if (items.empty()) return "";
    Chart chart{title, nines_axis(count), latency_axis(low, high, "latency"), plot_height};
    if (objective_ms > 0) {
        chart.level(objective_ms, "line slo");
        items.push_back({"line slo", "SLO " + ms_text(objective_ms), false});
    }
    for (const LatencyCurve& curve : curves) {
        if (curve.latency->count > 0) add_curve(chart, curve);
    }
    return figure(id, title, note, items, chart.str());
}

}  // namespace spillway::loadtest
