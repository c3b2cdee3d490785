#include "generator/report_time_charts.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "generator/report_chart.hpp"
#include "generator/report_endings.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr std::size_t columns_max = 180;
constexpr double plot_height = 230;

using Columns = std::vector<Column>;

double end_of(const Columns& columns) { return columns.empty() ? 1 : columns.back().end_s; }

/// A value that holds for a whole column is a step, not a slope between two middles.
template <typename Value>
std::vector<Point> steps(const Columns& columns, Value value) {
    std::vector<Point> points;
    for (const Column& column : columns) {
        const double y = value(column);
        points.push_back({column.begin_s, y});
        points.push_back({column.end_s, y});
    }
    return points;
}

template <typename Value>
std::vector<Point> middles(const Columns& columns, Value value) {
    std::vector<Point> points;
    for (const Column& column : columns) {
        const double y = value(column);
        points.push_back({(column.begin_s + column.end_s) / 2, y > 0 ? y : no_value});
    }
    return points;
}

template <typename Value>
double highest(const Columns& columns, Value value) {
    double high = 0;
    for (const Column& column : columns) high = std::max(high, value(column));
    return high;
}

const Slice* phase_at(const Result& result, double at_s) {
    for (const Slice& phase : result.phases) {
        if (at_s >= phase.begin_s && at_s < phase.begin_s + phase.duration_s) return &phase;
    }
    return nullptr;
}

void add_phases(Chart& chart, const Result& result) {
    for (std::size_t i = 0; i < result.phases.size(); ++i) {
        const Slice& phase = result.phases[i];
        const std::string_view shade = i % 2 == 0 ? "band" : "band other";
        chart.band(phase.begin_s, phase.begin_s + phase.duration_s,
                   phase.measured ? shade : "band warm-up",
                   phase.measured ? phase.name : phase.name + " (not measured)");
    }
}

std::string when(const Result& result, const Column& column) {
    const double middle = (column.begin_s + column.end_s) / 2;
    const Slice* const phase = phase_at(result, middle);
    return number_text(column.begin_s) + " s to " + number_text(column.end_s) + " s" +
           (phase != nullptr ? ", " + phase->name : "");
}

template <typename Say>
void add_tips(Chart& chart, const Result& result, const Columns& columns, Say say) {
    for (const Column& column : columns) {
        chart.column(column.begin_s, column.end_s, when(result, column) + say(column));
    }
}

std::string endings_chart(const Result& result, const Columns& columns) {
    const auto offered = [](const Column& c) { return c.per_s(c.counts.offered); };
    const auto all = [](const Column& c) { return c.per_s(ended(c.counts)); };
    const double high = std::max(highest(columns, offered), highest(columns, all));
    Chart chart{"Offered requests and how they ended, over time", time_axis(end_of(columns)),
                linear_axis(high, 5, "requests per second"), plot_height};
    add_phases(chart, result);

    std::vector<LegendItem> items{{"line offered", "offered", false}};
    std::vector<std::uint64_t> below(columns.size());
    for (const EndingStyle& style : ending_styles) {
        if (result.total.counts.*style.count == 0 && highest(columns, [&](const Column& c) {
                                                         return c.per_s(c.counts.*style.count);
                                                     }) <= 0) {
            continue;
        }
        std::vector<Point> low;
        std::vector<Point> top;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const Column& column = columns[i];
            const double from = column.per_s(below[i]);
            below[i] += column.counts.*style.count;
            const double to = column.per_s(below[i]);
            for (const double x : {column.begin_s, column.end_s}) {
                low.push_back({x, from});
                top.push_back({x, to});
            }
        }
        chart.area(low, top, "area " + std::string{style.css_class});
        items.push_back({"area " + std::string{style.css_class}, std::string{style.name}, true});
    }
    chart.curve(steps(columns, offered), "line offered");
    add_tips(chart, result, columns, [](const Column& column) {
        std::string tip = "\noffered " + rate_text(column.per_s(column.counts.offered));
        for (const EndingStyle& style : ending_styles) {
            const std::uint64_t count = column.counts.*style.count;
            if (count == 0) continue;
            tip += "\n" + std::string{style.name} + " " + rate_text(column.per_s(count));
        }
        return tip;
    });
    return figure("endings", "Offered, and how it ended",
                  "Offered counts at the intended instant, an ending when it came; the areas are "
                  "stacked, so that together they follow the offered line.",
                  items, chart.str());
}

std::string goodput_chart(const Result& result, const Columns& columns) {
    const auto good = [](const Column& c) { return c.per_s(c.counts.good); };
    const auto answered = [](const Column& c) { return c.per_s(c.counts.good + c.counts.late); };
    const double high = highest(columns, answered);
    // Where nearly all is good, the picture above shows it already.
    if (high <= 0 ||
        high > 0.35 * highest(columns, [](const Column& c) { return c.per_s(c.counts.offered); })) {
        return "";
    }
    Chart chart{"Goodput over time", time_axis(end_of(columns)),
                linear_axis(high, 5, "requests per second"), plot_height};
    add_phases(chart, result);
    const auto nothing = steps(columns, [](const Column&) { return 0.0; });
    chart.area(nothing, steps(columns, good), "area good");
    std::vector<LegendItem> items{{"area good", "good: 2xx within the SLO", true}};
    if (highest(columns, [](const Column& c) { return c.per_s(c.counts.late); }) > 0) {
        chart.area(steps(columns, good), steps(columns, answered), "area late");
        items.push_back({"area late", "late: 2xx after it", true});
    }
    add_tips(chart, result, columns, [](const Column& column) {
        return "\ngood " + rate_text(column.per_s(column.counts.good)) + "\nlate " +
               rate_text(column.per_s(column.counts.late));
    });
    return figure("goodput", "Goodput", "The useful part of the picture above, on its own scale.",
                  items, chart.str());
}

std::string latency_chart(const Result& result, const Columns& columns) {
    const auto p50 = [](const Column& c) { return c.admitted_p50_ms; };
    const auto p99 = [](const Column& c) { return c.admitted_p99_ms; };
    const auto refused = [](const Column& c) { return c.refused_p99_ms; };
    if (highest(columns, p99) <= 0 && highest(columns, refused) <= 0) return "";
    double low = result.objective_ms;
    double high = result.objective_ms;
    for (const Column& column : columns) {
        for (const double ms : {p50(column), p99(column), refused(column)}) {
            if (ms <= 0) continue;
            low = low > 0 ? std::min(low, ms) : ms;
            high = std::max(high, ms);
        }
    }
    Chart chart{"Latency over time", time_axis(end_of(columns)), latency_axis(low, high, "latency"),
                plot_height};
    add_phases(chart, result);
    std::vector<LegendItem> items;
    const auto add = [&](auto value, const char* classes, const char* name) {
        if (highest(columns, value) <= 0) return;
        chart.curve(middles(columns, value), classes);
        items.push_back({classes, name, false});
    };
    add(refused, "line rejected", "refused, 99 %");
    add(p50, "line good thin", "admitted, 50 %");
    add(p99, "line good", "admitted, 99 %");
    chart.level(result.objective_ms, "line slo");
    items.push_back({"line slo", "SLO " + ms_text(result.objective_ms), false});
    add_tips(chart, result, columns, [](const Column& column) {
        std::string tip;
        const auto say = [&](const char* what, double ms) {
            if (ms > 0) tip += std::string{"\n"} + what + " " + ms_text(ms);
        };
        say("admitted 50 %", column.admitted_p50_ms);
        say("admitted 99 %", column.admitted_p99_ms);
        say("refused 99 %", column.refused_p99_ms);
        return tip.empty() ? std::string{"\nnothing ended"} : tip;
    });
    return figure("latency-over-time", "Latency over time",
                  "Of the answers in each stretch of " + ms_text(result.series.bin_s * 1000) +
                      ", counted from the intended instant; where several share a column, the "
                      "highest.",
                  items, chart.str());
}

/// Points of what the server said; a gap where it said nothing for long.
std::vector<Point> samples(const Columns& columns, std::size_t limiter,
                           double LimiterSample::* member) {
    constexpr double gap_s = 3;
    std::vector<Point> points;
    for (const Column& column : columns) {
        if (limiter >= column.limiters.size()) continue;
        const double x = (column.begin_s + column.end_s) / 2;
        if (!points.empty() && x - points.back().x > gap_s) points.push_back({x, no_value});
        points.push_back({x, column.limiters[limiter].*member});
    }
    return points;
}

double highest(const std::vector<Point>& points) {
    double high = 0;
    for (const Point& point : points) high = std::isnan(point.y) ? high : std::max(high, point.y);
    return high;
}

std::string limiter_chart(const Result& result, const Columns& columns, std::size_t limiter) {
    const auto limit = samples(columns, limiter, &LimiterSample::limit);
    const auto in_flight = samples(columns, limiter, &LimiterSample::in_flight);
    const auto queue = samples(columns, limiter, &LimiterSample::queue_depth);
    if (highest(in_flight) <= 0 && highest(queue) <= 0) return "";  // nobody came to this one
    const double high = std::max({highest(limit), highest(in_flight), highest(queue)});
    const std::string& name = result.series.limiters[limiter];
    Chart chart{"The server's limiter " + name + " over time", time_axis(end_of(columns)),
                linear_axis(high, 5, "requests"), plot_height};
    add_phases(chart, result);
    chart.curve(queue, "line queue");
    chart.curve(in_flight, "line good");
    chart.curve(limit, "line limit");
    add_tips(chart, result, columns, [&](const Column& column) {
        if (limiter >= column.limiters.size()) return std::string{"\nnot asked"};
        const LimiterSample& sample = column.limiters[limiter];
        return "\nlimit " + number_text(sample.limit) + "\nin flight " +
               number_text(sample.in_flight) + "\nqueue " + number_text(sample.queue_depth);
    });
    return figure("limiter-" + std::to_string(limiter), "Limiter " + name,
                  "What the server said of itself, asked now and then: what was between two "
                  "answers is not seen.",
                  {{"line limit", "limit", false},
                   {"line good", "in flight", false},
                   {"line queue", "waiting in the queue", false}},
                  chart.str());
}

}  // namespace

std::string time_charts(const Result& result) {
    const Columns columns = columns_of(result.series, columns_max);
    if (columns.empty()) return "";
    std::string out = endings_chart(result, columns) + goodput_chart(result, columns) +
                      latency_chart(result, columns);
    for (std::size_t i = 0; i < result.series.limiters.size(); ++i) {
        out += limiter_chart(result, columns, i);
    }
    return out;
}

std::string goodput_comparison(const Result& a, const Result& b) {
    const Columns of_a = columns_of(a.series, columns_max);
    const Columns of_b = columns_of(b.series, columns_max);
    const auto good = [](const Column& c) { return c.per_s(c.counts.good); };
    const double high = std::max(highest(of_a, good), highest(of_b, good));
    if (high <= 0) return "";
    Chart chart{"Goodput of both runs over time", time_axis(std::max(end_of(of_a), end_of(of_b))),
                linear_axis(high, 5, "requests per second"), plot_height};
    chart.curve(steps(of_a, good), "line run-a");
    chart.curve(steps(of_b, good), "line run-b");
    return figure("goodput", "Goodput over time", "Answers 2xx within the SLO of their run.",
                  {{"line run-a", "A", false}, {"line run-b", "B", false}}, chart.str());
}

}  // namespace spillway::loadtest
