#include "generator/report_compare.hpp"

#include <vector>

#include "generator/latency.hpp"
#include "generator/report_account.hpp"
#include "generator/report_distribution.hpp"
#include "generator/report_latency_chart.hpp"
#include "generator/report_page.hpp"
#include "generator/report_tables.hpp"
#include "generator/report_text.hpp"
#include "generator/report_time_charts.hpp"
#include "generator/report_trust.hpp"

namespace spillway::loadtest {

namespace {

std::string run_head(const char* letter, const char* css_class, const Result& result) {
    return std::string{"<li class=\""} + css_class + "\"><h2><span class=\"letter\">" + letter +
           "</span>" + escaped(result.scenario) + "</h2><p>" + escaped(description_of(result)) +
           "</p>" + trust_badge(result, letter) + "</li>\n";
}

/// B as a multiple of A.
std::string ratio(double a, double b) { return a > 0 ? number_text(b / a) + " ×" : "–"; }

class Figures {
public:
    void add(const std::string& name, double a, double b, std::string (*text)(double)) {
        rows_ += "<tr><th>" + name + "</th><td>" + text(a) + "</td><td>" + text(b) + "</td><td>" +
                 ratio(a, b) + "</td></tr>\n";
    }
    void add_latency(const std::string& name, const Latency& a, const Latency& b) {
        if (a.count == 0 || b.count == 0) return;
        for (const double fraction : {0.5, 0.9, 0.99, 0.999}) {
            if (!has_percentile(a, fraction) || !has_percentile(b, fraction)) continue;
            add(name + ", " + percentile_text(fraction), percentile_ms(a, fraction),
                percentile_ms(b, fraction), ms_text);
        }
        add(name + ", slowest", a.max_ms, b.max_ms, ms_text);
    }
    [[nodiscard]] std::string table() const {
        return "<table class=\"figures\"><thead><tr><th></th><th><span class=\"key area "
               "run-a\"></span>A</th><th><span class=\"key area run-b\"></span>B</th>"
               "<th>B of A</th></tr></thead><tbody>\n" +
               rows_ + "</tbody></table>\n";
    }

private:
    std::string rows_;
};

double offered_per_s(const Slice& slice) {
    return slice.duration_s > 0 ? static_cast<double>(slice.counts.offered) / slice.duration_s : 0;
}

double percent_refused(const Slice& slice) {
    const auto offered = static_cast<double>(slice.counts.offered);
    return offered > 0 ? static_cast<double>(slice.counts.rejected) / offered * 100 : 0;
}

std::string percent_text(double percent) { return number_text(percent) + " %"; }

std::string figures_of(const Result& a, const Result& b) {
    Figures figures;
    figures.add("offered", offered_per_s(a.total), offered_per_s(b.total), rate_text);
    figures.add("goodput", a.total.goodput_per_s(), b.total.goodput_per_s(), rate_text);
    figures.add("refused", percent_refused(a.total), percent_refused(b.total), percent_text);
    figures.add_latency("admitted", a.total.admitted, b.total.admitted);
    figures.add_latency("refused", a.total.refused, b.total.refused);
    return figures.table();
}

}  // namespace

std::string coordinated_omission(const Result& a, const Result& b) {
    if (a.mode == b.mode) return "";
    const Result& open = a.mode == "open" ? a : b;
    const Result& closed = a.mode == "open" ? b : a;
    const auto& at_open = open.total.admitted;
    const auto& at_closed = closed.total.admitted;
    if (at_open.count == 0 || at_closed.count == 0) return "";
    const double open_p99 = percentile_ms(at_open, 0.99);
    const double closed_p99 = percentile_ms(at_closed, 0.99);
    const std::string seen = "At the 99th percentile the closed loop saw " + ms_text(closed_p99) +
                             ", the open loop " + ms_text(open_p99) + ". The closed loop offered " +
                             rate_text(offered_per_s(closed.total)) + ", the open one " +
                             rate_text(offered_per_s(open.total));
    if (open_p99 <= closed_p99)
        return seen + ": nothing stalled for so long that the closed loop could have left it out.";
    return seen +
           ": whoever waits for an answer before asking again asks a slow server less often, and "
           "counts its worst moments once instead of for everybody who came during them "
           "(coordinated omission).";
}

std::string compare_html(const Result& a, const Result& b) {
    const std::vector<NamedSlice> slices{{"A " + a.scenario, &a.total},
                                         {"B " + b.scenario, &b.total}};
    const std::string omission = coordinated_omission(a, b);
    return page(
        a.scenario + " and " + b.scenario + " - spillway-load",
        "<header><h1>Two runs</h1></header>\n<ul class=\"runs\">\n" + run_head("A", "run-a", a) +
            run_head("B", "run-b", b) + "</ul>\n" +
            (omission.empty() ? "" : "<p class=\"remark big\">" + escaped(omission) + "</p>\n") +
            "<section><h2>Figures</h2>" + figures_of(a, b) + "</section>\n" +
            latency_figure("latency", "Latency of admitted requests by percentile",
                           "From the intended instant (open loop) or from the send (closed loop) "
                           "to the last byte of the answer.",
                           {{&a.total.admitted, "run-a", "A"}, {&b.total.admitted, "run-b", "B"}},
                           a.objective_ms == b.objective_ms ? a.objective_ms : 0) +
            "<section><h2>The two histograms</h2><p>Shares of the admitted requests of each run, "
            "with one scale for both.</p>" +
            distributions(a.total.admitted, b.total.admitted) + "</section>\n" +
            latency_figure("refused", "Latency of refusals by percentile", "",
                           {{&a.total.refused, "run-a", "A"}, {&b.total.refused, "run-b", "B"}},
                           0) +
            goodput_comparison(a, b) + account_bars(slices) + account_table(slices) +
            trust_section(a, "A") + trust_section(b, "B"));
}

}  // namespace spillway::loadtest
