#include "generator/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "generator/format.hpp"
#include "generator/latency.hpp"

namespace spillway::loadtest {

namespace {

constexpr std::size_t name_width = 14;
constexpr std::size_t figure_width = 11;

std::string row(std::string_view name, std::uint64_t count, const Slice& slice) {
    const auto n = static_cast<double>(count);
    const auto offered = static_cast<double>(std::max<std::uint64_t>(slice.counts.offered, 1));
    const double rate = slice.duration_s > 0 ? n / slice.duration_s : 0;
    return "  " + left(std::string(name), name_width) + right(format_count(count), figure_width) +
           right(format_rate(rate) + "/s", figure_width + 2) +
           right(format_percent(n / offered), figure_width) + "\n";
}

std::string account_text(const Slice& slice, double objective_ms) {
    const Counts& counts = slice.counts;
    std::string text = row("offered", counts.offered, slice);
    if (counts.retries > 0) text += row("  retries", counts.retries, slice);
    text += row("good", counts.good, slice);
    text.insert(text.size() - 1, "  2xx within " + format_ms(objective_ms));
    text += row("late", counts.late, slice);
    text += row("rejected", counts.rejected, slice);
    for (const auto& one : slice.rejected_by)
        text +=
            row("  " + std::to_string(one.status) + (one.reason.empty() ? "" : " ") + one.reason,
                one.count, slice);
    text += row("errors", counts.errors, slice);
    for (const auto& one : slice.errors_by)
        text += row("  " + std::to_string(one.status), one.count, slice);
    text += row("failed", counts.failed, slice);
    for (const auto& one : slice.failed_by) text += row("  " + one.label, one.count, slice);
    text += row("left", counts.left, slice);
    text += row("unsent", counts.unsent, slice);
    for (const auto& one : slice.unsent_by) text += row("  " + one.label, one.count, slice);
    return text;
}

std::string percentile_name(double fraction) {
    std::string name = format_rate(fraction * 100);
    if (fraction > 0.9995) name = "99.99";
    return "p" + name;
}

std::string latency_text(const std::vector<std::pair<std::string_view, const Latency*>>& columns) {
    std::string head = "  " + left("latency", name_width);
    for (const auto& [name, latency] : columns) head += right(std::string(name), figure_width + 2);
    std::string text = head + "\n";
    const auto line = [&](const std::string& name, auto value) {
        text += "  " + left(name, name_width);
        for (const auto& [unused, latency] : columns)
            text += right(latency->count == 0 ? "-" : value(*latency), figure_width + 2);
        text += "\n";
    };
    for (const double f : {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999})
        line(percentile_name(f), [f](const Latency& latency) {
            return has_percentile(latency, f) ? format_ms(percentile_ms(latency, f))
                                              : std::string("-");
        });
    line("max", [](const Latency& latency) { return format_ms(latency.max_ms); });
    line("mean", [](const Latency& latency) { return format_ms(latency.mean_ms); });
    line("count", [](const Latency& latency) { return format_count(latency.count); });
    return text;
}

std::string slices_text(std::string_view title, const std::vector<Slice>& slices) {
    constexpr std::array titles{"offered/s", "good/s", "rejected/s", "p50", "p99", "refused p99"};
    std::string text = "\n  " + left(std::string(title), name_width);
    for (const auto* one : titles) text += right(one, figure_width + 2);
    text += "\n";
    for (const auto& slice : slices) {
        const auto rate = [&](std::uint64_t count) {
            return slice.duration_s > 0 ? format_rate(static_cast<double>(count) / slice.duration_s)
                                        : std::string("-");
        };
        const auto ms = [](const Latency& latency, double f) {
            return latency.count == 0 ? std::string("-") : format_ms(percentile_ms(latency, f));
        };
        text += "  " + left(slice.name, name_width);
        for (const auto& cell :
             {rate(slice.counts.offered), rate(slice.counts.good), rate(slice.counts.rejected),
              ms(slice.admitted, 0.5), ms(slice.admitted, 0.99), ms(slice.refused, 0.99)})
            text += right(cell, figure_width + 2);
        text += slice.measured ? "\n" : "  warm-up\n";
    }
    return text;
}

std::string server_text(const Reconciliation& server) {
    if (server.url.empty()) return "";
    if (!server.unavailable.empty())
        return "\n  the server's counters were not compared: " + server.unavailable + "\n";
    if (server.agrees())
        return "\n  the server's counters agree: " + std::to_string(server.checks.size()) +
               " comparisons with " + server.url + "\n";
    std::string text = "\n";
    for (const auto& check : server.checks) {
        if (check.agrees) continue;
        const auto figure = [](double n) { return format_count(static_cast<std::uint64_t>(n)); };
        text += "  ERROR: " + check.what + ": the server counted " + figure(check.server) +
                ", the generator " + figure(check.generator_min);
        if (check.generator_max > check.generator_min) text += " to " + figure(check.generator_max);
        text += "\n";
    }
    return text;
}

/// A bar of up to `width` characters, on a logarithmic scale from `low` to `high`.
std::string bar(double ms, double low, double high, std::size_t width) {
    if (ms <= 0) return "";
    const double share = high > low ? std::log(ms / low) / std::log(high / low) : 1;
    return std::string(
        1 + static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width - 1)),
        '#');
}

}  // namespace

std::string summary_text(const Result& result) {
    std::string text = "\n" + result.scenario + ": " + result.mode + " loop at " + result.target +
                       ", " + format_ms(result.total.duration_s * 1000) + " measured" +
                       (result.interrupted ? ", interrupted" : "") + "\n\n";
    text += account_text(result.total, result.objective_ms) + "\n";
    text += latency_text({{"2xx", &result.total.admitted},
                          {"refused", &result.total.refused},
                          {"own delay", &result.generator.delay}});
    if (result.phases.size() > 1) text += slices_text("phase", result.phases);
    if (result.classes.size() > 1) text += slices_text("clients", result.classes);
    const Generator& generator = result.generator;
    text += "\n  generator: " + format_percent(generator.cpu) + " of a core (busiest second " +
            format_percent(generator.cpu_max) + "), " + format_count(generator.connections_opened) +
            " connections opened, " + format_count(generator.connections_peak) + " at once, " +
            format_count(generator.waits.count) + " arrivals waited for one\n";
    for (const auto& complaint : generator.complaints) text += "  note: " + complaint + "\n";
    if (generator.is_bottleneck)
        text += "  WARNING: the generator was the bottleneck; these are not the server's figures\n";
    return text + server_text(result.server);
}

std::string comparison_text(const Result& open, const Result& closed) {
    constexpr std::size_t bar_width = 30;
    std::string text = "\n" + open.target + ": the same server, asked in two ways\n\n";
    text += latency_text(
        {{"open loop", &open.total.admitted}, {"closed loop", &closed.total.admitted}});
    const double low = std::max(0.001, std::min(percentile_ms(open.total.admitted, 0.5),
                                                percentile_ms(closed.total.admitted, 0.5)));
    const double high = std::max(open.total.admitted.max_ms, closed.total.admitted.max_ms);
    text += "\n  " + left("", name_width) + left("open loop", bar_width + 2) + "closed loop\n";
    for (const double f : {0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
        const double a = percentile_ms(open.total.admitted, f);
        const double b = percentile_ms(closed.total.admitted, f);
        text += "  " + left(percentile_name(f), name_width) +
                left(bar(a, low, high, bar_width), bar_width + 2) + bar(b, low, high, bar_width) +
                "\n";
    }
    const double a = percentile_ms(open.total.admitted, 0.99);
    const double b = percentile_ms(closed.total.admitted, 0.99);
    text +=
        "\n  An open loop counts every request from the instant at which it was due. A closed\n"
        "  one asks again only when it has been answered, so a stall costs it one sample for\n"
        "  each connection, whatever its length.";
    if (b > 0) text += " p99: " + format_ms(a) + " against " + format_ms(b) + ".";
    return text + "\n";
}

std::string progress_text(core::Duration elapsed, core::Duration planned, const Counts& before,
                          const Counts& now, core::Duration interval, core::Duration p99,
                          std::size_t connections) {
    const double seconds = std::max(core::to_seconds(interval), 1e-9);
    const auto rate = [seconds](std::uint64_t a, std::uint64_t b) {
        return format_rate(static_cast<double>(b - a) / seconds);
    };
    const auto bad = [](const Counts& c) { return c.errors + c.failed + c.left + c.unsent; };
    std::string text = std::to_string(static_cast<int>(core::to_seconds(elapsed))) + "/" +
                       std::to_string(static_cast<int>(core::to_seconds(planned))) + " s  " +
                       rate(before.offered, now.offered) + "/s offered  " +
                       rate(before.good, now.good) + " good  " + rate(before.late, now.late) +
                       " late  " + rate(before.rejected, now.rejected) + " refused  " +
                       rate(bad(before), bad(now)) + " lost  p99 ";
    text += p99.count() > 0 ? format_ms(to_ms(p99)) : std::string("-");
    return text + "  " + std::to_string(connections) + " connections";
}

}  // namespace spillway::loadtest
