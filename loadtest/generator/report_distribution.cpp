#include "generator/report_distribution.hpp"

#include <algorithm>
#include <cmath>

#include "generator/report_scale.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

/// A bar and its figure. Bars of both runs have one scale: the larger of their largest shares.
std::string cells(double share, double largest, double count, const char* css_class) {
    const double samples = share * count;
    const std::string figure = samples < 0.5 ? "–" : share_text(share, 1);
    return "<td>" + figure + "</td><td class=\"bar\"><svg viewBox=\"0 0 200 14\" " +
           "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect x=\"0\" y=\"0\" "
           "height=\"14\" " +
           "width=\"" + fixed_text(share / largest * 200, 2) + "\" class=\"area " + css_class +
           "\"/></svg></td>";
}

}  // namespace

double share_up_to(const Latency& latency, double ms) {
    if (latency.count == 0 || latency.curve.empty()) return 0;
    if (ms >= latency.max_ms) return 1;
    if (ms < latency.min_ms) return 0;
    // Between two points of the curve the logarithm of the latency is taken to rise evenly.
    Percentile before{0, latency.min_ms};
    for (const Percentile& point : latency.curve) {
        if (point.ms > ms) {
            const double width = std::log(point.ms / before.ms);
            const double part = width > 0 ? std::log(ms / before.ms) / width : 0;
            return before.fraction + part * (point.fraction - before.fraction);
        }
        if (point.ms > 0) before = point;
    }
    return 1;
}

std::vector<Bucket> buckets_of(const Latency& latency, double low_ms, double high_ms) {
    const Axis axis = latency_axis(low_ms, high_ms, "");
    std::vector<Bucket> buckets;
    for (std::size_t i = 1; i < axis.ticks.size(); ++i) {
        const double low = axis.ticks[i - 1].value;
        const double high = axis.ticks[i].value;
        const double below = i == 1 && latency.min_ms <= low ? 0 : share_up_to(latency, low);
        buckets.push_back({low, high, share_up_to(latency, high) - below});
    }
    return buckets;
}

std::string distributions(const Latency& a, const Latency& b) {
    if (a.count == 0 && b.count == 0) return "";
    double low = 0;
    double high = 0;
    for (const Latency* latency : {&a, &b}) {
        if (latency->count == 0) continue;
        const double least = std::max(latency->min_ms, 1e-3);
        low = low > 0 ? std::min(low, least) : least;
        high = std::max(high, latency->max_ms);
    }
    const auto of_a = buckets_of(a, low, high);
    const auto of_b = buckets_of(b, low, high);
    double largest = 0;
    for (const auto* buckets : {&of_a, &of_b}) {
        for (const Bucket& bucket : *buckets) largest = std::max(largest, bucket.share);
    }
    std::string rows;
    for (std::size_t i = 0; i < of_a.size(); ++i) {
        if (of_a[i].share <= 0 && of_b[i].share <= 0) continue;
        rows += "<tr><th>" + ms_text(of_a[i].low_ms) + " to " + ms_text(of_a[i].high_ms) + "</th>" +
                cells(of_a[i].share, largest, static_cast<double>(a.count), "run-a") +
                cells(of_b[i].share, largest, static_cast<double>(b.count), "run-b") + "</tr>\n";
    }
    return "<div class=\"wide\"><table class=\"distribution\"><thead><tr><th>latency</th>"
           "<th colspan=\"2\"><span class=\"key area run-a\"></span>A</th>"
           "<th colspan=\"2\"><span class=\"key area run-b\"></span>B</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div>\n";
}

}  // namespace spillway::loadtest
