#include "generator/report_account.hpp"

#include "generator/report_chart.hpp"
#include "generator/report_endings.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr double row_height = 34;
constexpr double bar_height = 22;
constexpr double name_width = 168;
constexpr double plot_width = Chart::width - name_width - 8;
constexpr double gap = 1.5;           // between neighbours, so that borders need no colour
constexpr double label_width = 52;    // what "12.3 %" needs
constexpr std::size_t name_max = 24;  // letters that fit

std::string shortened(const std::string& name) {
    if (name.size() <= name_max) return name;
    std::size_t end = name_max - 1;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
    return name.substr(0, end) + "…";
}

std::string px(double value) { return fixed_text(value, 1); }

std::string bar(const Counts& counts, double y) {
    std::string out;
    double x = name_width;
    const auto whole = static_cast<double>(counts.offered);
    for (const EndingStyle& style : ending_styles) {
        const auto count = static_cast<double>(counts.*style.count);
        const double width = count / whole * plot_width;
        if (count <= 0) continue;
        const std::string share = share_text(count, whole);
        // The gap is taken from what is wide enough to have one.
        const double drawn = width > 3 * gap ? width - gap : width;
        out += "<rect x=\"" + px(x) + "\" y=\"" + px(y) + "\" width=\"" + fixed_text(drawn, 2) +
               "\" height=\"" + px(bar_height) + "\" class=\"area " + std::string{style.css_class} +
               "\"><title>" + escaped(std::string{style.name} + " " + share) + "\n" +
               count_text(counts.*style.count) + "</title></rect>";
        if (width >= label_width) {
            out += "<text x=\"" + px(x + width / 2) + "\" y=\"" + px(y + 15.5) +
                   "\" class=\"bar-label on-" + std::string{style.css_class} + "\">" + share +
                   "</text>";
        }
        x += width;
    }
    return out;
}

std::string cell(std::uint64_t count) {
    if (count == 0) return "<td class=\"none\">–</td>";
    return "<td>" + count_text(count) + "</td>";
}

std::string cause(const std::string& kind, std::string_view css_class, const std::string& what,
                  std::uint64_t count, const Counts& counts) {
    return "<tr><td><span class=\"key area " + std::string{css_class} + "\"></span>" + kind +
           "</td><td>" + escaped(what) + "</td><td>" + count_text(count) + "</td><td>" +
           share_text(static_cast<double>(count), static_cast<double>(counts.offered)) +
           "</td></tr>\n";
}

}  // namespace

std::string account_bars(const std::vector<NamedSlice>& slices) {
    std::vector<LegendItem> items;
    for (const EndingStyle& style : ending_styles) {
        for (const NamedSlice& named : slices) {
            if (named.slice->counts.*style.count == 0) continue;
            items.push_back({"area " + std::string{style.css_class},
                             std::string{style.name} + ": " + std::string{style.meaning}, true});
            break;
        }
    }
    std::string rows;
    double y = 4;
    for (const NamedSlice& named : slices) {
        rows += "<text x=\"" + px(name_width - 10) + "\" y=\"" + px(y + 15.5) +
                "\" class=\"bar-name\">" + escaped(shortened(named.name)) + "<title>" +
                escaped(named.name) + "</title></text>";
        rows += named.slice->counts.offered > 0
                    ? bar(named.slice->counts, y)
                    : "<text x=\"" + px(name_width) + "\" y=\"" + px(y + 15.5) +
                          "\" class=\"bar-empty\">nothing was offered</text>";
        y += row_height;
    }
    const std::string svg = "<svg viewBox=\"0 0 " + px(Chart::width) + " " + px(y) +
                            "\" role=\"img\" aria-label=\"Shares of the endings\">" + rows +
                            "</svg>";
    return figure("account", "The account",
                  "Every request that was offered ended in exactly one of these ways; each row is "
                  "100 % of what it was offered.",
                  items, svg);
}

std::string account_table(const std::vector<NamedSlice>& slices) {
    std::string out =
        "<div class=\"wide\"><table><thead><tr><th></th><th>offered</th>"
        "<th>per second</th>";
    for (const EndingStyle& style : ending_styles) {
        out += "<th><span class=\"key area " + std::string{style.css_class} + "\"></span>" +
               std::string{style.name} + "</th>";
    }
    out += "<th>adds up</th></tr></thead><tbody>\n";
    for (const NamedSlice& named : slices) {
        const Slice& slice = *named.slice;
        const double per_s =
            slice.duration_s > 0 ? static_cast<double>(slice.counts.offered) / slice.duration_s : 0;
        out += "<tr><th>" + escaped(named.name) + "</th>" + cell(slice.counts.offered) + "<td>" +
               number_text(per_s) + "</td>";
        for (const EndingStyle& style : ending_styles) out += cell(slice.counts.*style.count);
        out += ended(slice.counts) == slice.counts.offered
                   ? "<td class=\"yes\">✓</td>"
                   : "<td class=\"no\">✗ " + count_text(ended(slice.counts)) + "</td>";
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string causes_table(const Slice& slice) {
    std::string rows;
    for (const Refusals& refusals : slice.rejected_by) {
        const std::string reason = refusals.reason.empty() ? "no reason given" : refusals.reason;
        rows += cause("rejected", "rejected", std::to_string(refusals.status) + " " + reason,
                      refusals.count, slice.counts);
    }
    for (const Errors& errors : slice.errors_by) {
        rows +=
            cause("errors", "errors", std::to_string(errors.status), errors.count, slice.counts);
    }
    for (const Labelled& failed : slice.failed_by) {
        rows += cause("failed", "failed", failed.label, failed.count, slice.counts);
    }
    for (const Labelled& unsent : slice.unsent_by) {
        rows += cause("unsent", "unsent", unsent.label, unsent.count, slice.counts);
    }
    if (rows.empty()) return "";
    return "<h3>What was not answered with success</h3><div class=\"wide\"><table class=\"causes\">"
           "<thead><tr><th>ending</th><th>why</th><th>count</th><th>of the offered</th></tr>"
           "</thead><tbody>\n" +
           rows + "</tbody></table></div>\n";
}

std::vector<NamedSlice> slices_of(const Result& result) {
    std::vector<NamedSlice> slices{{"measured in all", &result.total}};
    if (result.phases.size() > 1) {
        for (const Slice& phase : result.phases) {
            slices.push_back({phase.measured ? phase.name : phase.name + " *", &phase});
        }
    }
    if (result.classes.size() > 1) {
        for (const Slice& kind : result.classes) slices.push_back({"kind " + kind.name, &kind});
    }
    return slices;
}

}  // namespace spillway::loadtest
