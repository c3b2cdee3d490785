#include "generator/report.hpp"

#include "generator/report_account.hpp"
#include "generator/report_latency_chart.hpp"
#include "generator/report_page.hpp"
#include "generator/report_tables.hpp"
#include "generator/report_text.hpp"
#include "generator/report_time_charts.hpp"
#include "generator/report_trust.hpp"

namespace spillway::loadtest {

namespace {

std::string head(const Result& result) {
    return "<header><h1>" + escaped(result.scenario) + "</h1><p>" +
           escaped(description_of(result)) + "</p>" + trust_badge(result) + "</header>\n" +
           tiles(tiles_of(result));
}

std::string account(const Result& result) {
    const auto slices = slices_of(result);
    std::string out = account_bars(slices) + account_table(slices);
    for (const Slice& phase : result.phases) {
        if (phase.measured || result.phases.size() < 2) continue;
        out += "<p class=\"remark\">* not measured: in the pictures, but not in the sum.</p>\n";
        break;
    }
    return out + causes_table(result.total);
}

std::string latencies(const Result& result) {
    std::vector<LatencyRow> rows{{"admitted", "good", &result.total.admitted},
                                 {"refused", "rejected", &result.total.refused}};
    const auto add = [&](const std::string& what, const std::vector<Slice>& slices) {
        if (slices.size() < 2) return;
        for (const Slice& slice : slices) {
            rows.push_back({what + slice.name + ", admitted", "good", &slice.admitted});
            rows.push_back({what + slice.name + ", refused", "rejected", &slice.refused});
        }
    };
    add("", result.phases);
    add("kind ", result.classes);
    return latency_figure(
               "latency", "Latency by percentile",
               "From the intended instant to the last byte of the answer, so that waiting for a "
               "slow server counts. The last point of each curve is its slowest answer.",
               {{&result.total.admitted, "good", "admitted"},
                {&result.total.refused, "rejected", "refused"}},
               result.objective_ms) +
           latency_table(rows);
}

}  // namespace

std::string report_html(const Result& result) {
    return page(result.scenario + " - spillway-load",
                head(result) + time_charts(result) + latencies(result) + account(result) +
                    trust_section(result) + "<section><h2>The generator</h2>" +
                    generator_table(result.generator) + "</section>\n");
}

}  // namespace spillway::loadtest
