#include "handlers/image_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spillway::handlers {
namespace {

std::uint32_t scaled_side(std::uint32_t side, double scale) noexcept {
    constexpr double side_limit = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint32_t>(std::clamp(std::round(side * scale), 1.0, side_limit));
}

ResizePlan plan_fill(ImageSize upright, ImageSize box, bool enlarge) noexcept {
    if (!enlarge) {
        box = {std::min(box.width, upright.width), std::min(box.height, upright.height)};
    }
    return {box, box};
}

}  // namespace

ResizePlan plan_resize(ImageSize upright, const ResizeParams& params) noexcept {
    const bool has_box = params.width && params.height;
    if (has_box && params.fit == Fit::fill) {
        return plan_fill(upright, {*params.width, *params.height}, params.enlarge);
    }
    const double unbounded = std::numeric_limits<double>::infinity();
    const double x = params.width ? double{1} * *params.width / upright.width : unbounded;
    const double y = params.height ? double{1} * *params.height / upright.height : unbounded;
    const bool is_cover = has_box && params.fit == Fit::cover;
    double scale = is_cover ? std::max(x, y) : std::min(x, y);
    if (std::isinf(scale) || (!params.enlarge && scale > 1)) scale = 1;

    const ImageSize scaled{scaled_side(upright.width, scale), scaled_side(upright.height, scale)};
    if (!is_cover) return {scaled, scaled};
    return {scaled,
            {std::min(scaled.width, *params.width), std::min(scaled.height, *params.height)}};
}

double shrink_on_load(ImageSize stored, ImageSize scaled) noexcept {
    const double x = double{1} * stored.width / scaled.width;
    const double y = double{1} * stored.height / scaled.height;
    return std::max(1.0, std::min(x, y));
}

}  // namespace spillway::handlers
