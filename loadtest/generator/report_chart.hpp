#pragma once
// One chart as inline SVG: axes, bands, areas, curves, and columns that say their figures when
// pointed at. Colours and strokes are classes of the page's style (report_style.hpp).

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "generator/report_scale.hpp"

namespace spillway::loadtest {

/// A gap in a curve is a point whose y is not a number.
struct Point {
    double x = 0;
    double y = 0;
};

inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// Values are those of the axes. What is added later lies above.
class Chart {
public:
    static constexpr double width = 920;  // of the SVG's own units

    /// `label` is read to those who do not see the picture.
    Chart(std::string label, Axis x, Axis y, double plot_height);

    /// A stretch of the x axis, with its name at the top where there is room.
    void band(double from, double to, std::string_view classes, std::string_view name);
    /// Between `low` and `high`, whose points have the same x.
    void area(const std::vector<Point>& low, const std::vector<Point>& high,
              std::string_view classes);
    void curve(const std::vector<Point>& points, std::string_view classes);
    void dot(Point point, std::string_view classes, std::string_view tip);
    /// A line across at `y`.
    void level(double y, std::string_view classes);
    /// Says `tip` when pointed at.
    void column(double from, double to, std::string_view tip);

    [[nodiscard]] std::string str() const;

private:
    [[nodiscard]] double x_of(double value) const;
    [[nodiscard]] double y_of(double value) const;
    [[nodiscard]] std::string axes() const;

    std::string label_;
    Axis x_;
    Axis y_;
    double plot_height_;
    std::string bands_;
    std::string marks_;
    std::string names_;
    std::string columns_;
};

/// What a legend says of a curve or an area: a small picture in its classes, and its name.
struct LegendItem {
    std::string classes;
    std::string name;
    bool is_area = false;
};

[[nodiscard]] std::string legend(const std::vector<LegendItem>& items);

/// A titled chart. `note` is a sentence under the title; both are escaped here.
[[nodiscard]] std::string figure(std::string_view id, std::string_view title, std::string_view note,
                                 const std::vector<LegendItem>& items, const std::string& svg);

}  // namespace spillway::loadtest
