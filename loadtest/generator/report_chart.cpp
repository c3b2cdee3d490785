#include "generator/report_chart.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "generator/report_text.hpp"

namespace spillway::loadtest {

namespace {

constexpr double left = 68;
constexpr double right = 14;
constexpr double top = 42;     // the y axis' title, and the names of bands
constexpr double bottom = 40;  // the x axis' labels and title
constexpr double plot_width = Chart::width - left - right;
constexpr double letter_width = 6.6;  // of 12 px text, on the wide side

std::string px(double value) { return fixed_text(value, 1); }

std::string attribute(std::string_view name, std::string_view value) {
    return std::string{" "}.append(name).append("=\"").append(value).append("\"");
}

std::string text(double x, double y, std::string_view classes, std::string_view content) {
    return "<text" + attribute("x", px(x)) + attribute("y", px(y)) + attribute("class", classes) +
           ">" + escaped(content) + "</text>";
}

std::string rule(double x1, double y1, double x2, double y2, std::string_view classes) {
    return "<line" + attribute("x1", px(x1)) + attribute("y1", px(y1)) + attribute("x2", px(x2)) +
           attribute("y2", px(y2)) + attribute("class", classes) + "/>";
}

std::string box(double x, double y, double width, double height, std::string_view classes,
                const std::string& inside = "") {
    return "<rect" + attribute("x", px(x)) + attribute("y", px(y)) + attribute("width", px(width)) +
           attribute("height", px(height)) + attribute("class", classes) + ">" + inside + "</rect>";
}

std::string tip_of(std::string_view tip) { return "<title>" + escaped(tip) + "</title>"; }

}  // namespace

Chart::Chart(std::string label, Axis x, Axis y, double plot_height)
    : label_(std::move(label)), x_(std::move(x)), y_(std::move(y)), plot_height_(plot_height) {}

double Chart::x_of(double value) const { return left + x_.scale.at(value) * plot_width; }

double Chart::y_of(double value) const { return top + (1 - y_.scale.at(value)) * plot_height_; }

void Chart::band(double from, double to, std::string_view classes, std::string_view name) {
    const double x = x_of(from);
    const double w = x_of(to) - x;
    bands_ += box(x, top, w, plot_height_, classes, tip_of(name));
    if (static_cast<double>(name.size()) * letter_width + 10 <= w) {
        names_ += text(x + w / 2, top - 6, "band-name", name);
    }
}

void Chart::area(const std::vector<Point>& low, const std::vector<Point>& high,
                 std::string_view classes) {
    std::string path;
    for (const Point& point : high) {
        path += path.empty() ? 'M' : 'L';
        path += px(x_of(point.x)) + ' ' + px(y_of(point.y));
    }
    for (auto point = low.rbegin(); point != low.rend(); ++point) {
        path += 'L' + px(x_of(point->x)) + ' ' + px(y_of(point->y));
    }
    if (path.empty()) return;
    marks_ += "<path" + attribute("d", path + 'Z') + attribute("class", classes) + "/>";
}

void Chart::curve(const std::vector<Point>& points, std::string_view classes) {
    std::string path;
    bool is_drawing = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (std::isnan(points[i].y)) {
            is_drawing = false;
            continue;
        }
        path += is_drawing ? 'L' : 'M';
        path += px(x_of(points[i].x)) + ' ' + px(y_of(points[i].y));
        // A lone point has no length, but round caps.
        const bool is_last = i + 1 == points.size() || std::isnan(points[i + 1].y);
        if (!is_drawing && is_last) path += "h0.1";
        is_drawing = true;
    }
    if (path.empty()) return;
    marks_ += "<path" + attribute("d", path) + attribute("class", classes) + "/>";
}

void Chart::dot(Point point, std::string_view classes, std::string_view tip) {
    marks_ += "<circle" + attribute("cx", px(x_of(point.x))) + attribute("cy", px(y_of(point.y))) +
              attribute("r", "4") + attribute("class", classes) + ">" + tip_of(tip) + "</circle>";
}

void Chart::level(double y, std::string_view classes) {
    if (y < y_.scale.low() || y > y_.scale.high()) return;
    marks_ += rule(left, y_of(y), left + plot_width, y_of(y), classes);
}

void Chart::column(double from, double to, std::string_view tip) {
    const double x = x_of(from);
    columns_ += box(x, top, x_of(to) - x, plot_height_, "column", tip_of(tip));
}

std::string Chart::axes() const {
    const double base = top + plot_height_;
    std::string out;
    for (const Tick& tick : y_.ticks) {
        const double y = y_of(tick.value);
        out += rule(left, y, left + plot_width, y, tick.label.empty() ? "grid faint" : "grid");
        if (!tick.label.empty()) out += text(left - 8, y + 4, "tick y", tick.label);
    }
    double free_from = 0;
    for (const Tick& tick : x_.ticks) {
        const double x = x_of(tick.value);
        out += rule(x, base, x, base + 5, "axis");
        const double half = static_cast<double>(tick.label.size()) * letter_width / 2;
        if (x - half < free_from || x + half > width) continue;
        out += text(x, base + 18, "tick x", tick.label);
        free_from = x + half + 6;
    }
    out += rule(left, base, left + plot_width, base, "axis");
    out += text(left - 60, 14, "axis-title y", y_.title);
    out += text(left + plot_width, base + 35, "axis-title x", x_.title);
    return out;
}

std::string Chart::str() const {
    const double height = top + plot_height_ + bottom;
    return "<svg" + attribute("viewBox", "0 0 " + px(width) + " " + px(height)) +
           attribute("role", "img") + attribute("aria-label", escaped(label_)) + ">" + bands_ +
           axes() + "<g class=\"marks\">" + marks_ + "</g>" + names_ + columns_ + "</svg>";
}

std::string legend(const std::vector<LegendItem>& items) {
    if (items.empty()) return "";
    std::string out = "<ul class=\"legend\">";
    for (const LegendItem& item : items) {
        out += "<li><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">";
        out += item.is_area ? box(1, 1, 24, 10, item.classes) : rule(1, 6, 25, 6, item.classes);
        out += "</svg>" + escaped(item.name) + "</li>";
    }
    return out + "</ul>";
}

std::string figure(std::string_view id, std::string_view title, std::string_view note,
                   const std::vector<LegendItem>& items, const std::string& svg) {
    std::string out =
        "<figure" + attribute("id", id) + "><figcaption><h2>" + escaped(title) + "</h2>";
    if (!note.empty()) out += "<p>" + escaped(note) + "</p>";
    return out + "</figcaption>" + legend(items) + svg + "</figure>\n";
}

}  // namespace spillway::loadtest
