#include "generator/report_page.hpp"

#include "generator/latency.hpp"
#include "generator/report_style.hpp"
#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

double share(std::uint64_t part, std::uint64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string within(const Latency& latency, double fraction) {
    return latency.count > 0 ? ms_text(percentile_ms(latency, fraction)) : "–";
}

}  // namespace

std::string page(std::string_view title, const std::string& body) {
    const std::string name = escaped(title);
    // The policy is a promise that the browser keeps: nothing is fetched and nothing runs.
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
           "style-src 'unsafe-inline'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
           "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
           name + "</title>\n<style>\n" + std::string{report_style()} +
           "</style></head>\n<body><main>\n" + body +
           "<footer>Made by spillway-load. This page needs nothing but itself.</footer>\n"
           "</main></body></html>\n";
}

std::string tiles(const std::vector<Tile>& tiles) {
    std::string out = "<ul class=\"tiles\">\n";
    for (const Tile& tile : tiles) {
        out += "<li class=\"" + tile.css_class + "\"><span>" + escaped(tile.name) + "</span><b>" +
               escaped(tile.value) + "</b><span>" + escaped(tile.note) + "</span></li>\n";
    }
    return out + "</ul>\n";
}

std::string description_of(const Result& result) {
    return result.mode + " loop against " + result.target + ", " + number_text(result.duration_s) +
           " s from " + result.started_at + ", seed " + std::to_string(result.seed);
}

std::vector<Tile> tiles_of(const Result& result) {
    const Slice& total = result.total;
    const Counts& counts = total.counts;
    const double seconds = total.duration_s > 0 ? total.duration_s : 1;
    const std::uint64_t others =
        counts.late + counts.errors + counts.failed + counts.left + counts.unsent;
    const auto of_offered = [&](std::uint64_t part) {
        return share_text(static_cast<double>(part), static_cast<double>(counts.offered)) +
               " of the offered";
    };
    const double retries = share(counts.retries, counts.offered);
    return {
        {"offered", rate_text(static_cast<double>(counts.offered) / seconds),
         retries > 0 ? count_text(counts.offered) + ", retries " + number_text(retries * 100) + " %"
                     : count_text(counts.offered) + " requests",
         "offered"},
        {"goodput", rate_text(total.goodput_per_s()), of_offered(counts.good), "good"},
        {"admitted, 99 %", within(total.admitted, 0.99), within(total.admitted, 0.5) + " at 50 %",
         "good"},
        {"refused",
         share_text(static_cast<double>(counts.rejected), static_cast<double>(counts.offered)),
         counts.rejected > 0 ? "99 % within " + within(total.refused, 0.99) : "nobody", "rejected"},
        {"other endings", count_text(others), of_offered(others), others > 0 ? "errors" : ""},
    };
}

}  // namespace spillway::loadtest
