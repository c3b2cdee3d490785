#include "app/pages.hpp"

#include <unistd.h>

#include <csignal>

#include "app/version.hpp"
#include "telemetry/exposition.hpp"

namespace spillway::app {

http::Page::Content ReloadPage::render() const {
    // The very path of a signal from outside: its rules (none while draining, two within a moment
    // are one) hold here too.
    ::kill(::getpid(), SIGHUP);
    return {202, "text/plain; charset=utf-8",
            "reloading; the log says what has changed, and spillway_config_reloads_total how it "
            "went\n"};
}

http::Page::Content MetricsPage::render() const {
    return {200, telemetry::Exposition::content_type, text_()};
}

IndexPage::IndexPage(const std::vector<Entry>& entries) { set_entries(entries); }

void IndexPage::set_entries(const std::vector<Entry>& entries) {
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Spillway</title><style>"
        "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;"
        "color:#1c2733}h1{margin-bottom:0}p{color:#51606f}table{border-collapse:collapse;"
        "width:100%}td{padding:.5rem .8rem .5rem 0;border-top:1px solid #dde3e9;"
        "vertical-align:top}code{font-size:.95em;white-space:nowrap}</style></head><body>\n"
        "<h1>Spillway</h1>\n<p>Serves what it can, refuses the rest at once. Version ";
    html += version();
    html += ".</p>\n<table>\n";
    for (const auto& entry : entries) {
        html += "<tr><td><code>" + entry.methods + "</code></td><td><code>" + entry.path +
                "</code></td><td>" + entry.what + "</td></tr>\n";
    }
    html += "</table>\n</body></html>\n";
    const std::lock_guard lock(mutex_);
    html_ = std::move(html);
}

}  // namespace spillway::app
