#include "generator/report_tables.hpp"

#include <array>

#include "generator/latency.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr std::array fractions{0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999};

std::string percentile_cell(const Latency& latency, double fraction) {
    if (!has_percentile(latency, fraction)) {
        return "<td class=\"none\" title=\"too few samples\">–</td>";
    }
    return "<td>" + ms_text(percentile_ms(latency, fraction)) + "</td>";
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array units{" B", " KiB", " MiB", " GiB", " TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= 1024;
    return number_text(value) + units.at(unit);
}

std::string row(const std::string& name, const std::string& value) {
    return "<tr><th>" + name + "</th><td>" + value + "</td></tr>\n";
}

}  // namespace

std::string latency_table(const std::vector<LatencyRow>& rows) {
    std::string body;
    for (const LatencyRow& row : rows) {
        const Latency& latency = *row.latency;
        if (latency.count == 0) continue;
        body += "<tr><th><span class=\"key area " + row.css_class + "\"></span>" +
                escaped(row.name) + "</th><td>" + count_text(latency.count) + "</td><td>" +
                ms_text(latency.min_ms) + "</td><td>" + ms_text(latency.mean_ms) + "</td>";
        for (const double fraction : fractions) body += percentile_cell(latency, fraction);
        body += "<td>" + ms_text(latency.max_ms) + "</td></tr>\n";
    }
    if (body.empty()) return "";
    std::string head = "<th></th><th>answers</th><th>fastest</th><th>mean</th>";
    for (const double fraction : fractions) head += "<th>" + percentile_text(fraction) + "</th>";
    return "<div class=\"wide\"><table><thead><tr>" + head +
           "<th>slowest</th></tr></thead><tbody>\n" + body + "</tbody></table></div>\n";
}

std::string generator_table(const Generator& generator) {
    std::string out = "<table class=\"plain\"><tbody>\n";
    const auto delay = [&](double fraction) {
        return ms_text(percentile_ms(generator.delay, fraction));
    };
    out += row("delay from the intended instant to when it was taken up",
               delay(0.5) + " (50 %), " + delay(0.99) + " (99 %), " +
                   ms_text(generator.delay.max_ms) + " at most");
    if (generator.waits.count > 0) {
        out +=
            row("waited for a connection", count_text(generator.waits.count) + " requests, up to " +
                                               ms_text(generator.waits.max_ms));
    }
    out += row("CPU time, of one core", number_text(generator.cpu * 100) + " % over the run, " +
                                            number_text(generator.cpu_max * 100) +
                                            " % in the busiest second");
    out += row("connections", count_text(generator.connections_peak) + " at once of " +
                                  count_text(generator.connections_max) + " allowed, " +
                                  count_text(generator.connections_opened) + " opened");
    out += row("sent, received",
               bytes_text(generator.bytes_sent) + ", " + bytes_text(generator.bytes_received));
    if (generator.retries_dropped > 0) {
        out += row("retries given up", count_text(generator.retries_dropped));
    }
    return out + "</tbody></table>\n";
}

}  // namespace spillway::loadtest
