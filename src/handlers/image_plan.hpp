#pragma once
// The arithmetic of a resize: from the upright size of the image and the parameters to the size it
// is scaled to and what is cut out of that. Pure.

#include "handlers/image_format.hpp"
#include "handlers/resize_params.hpp"

namespace spillway::handlers {

struct ResizePlan {
    ImageSize scaled;  // the whole image after scaling
    ImageSize output;  // smaller than `scaled` only for Fit::cover: the centre of it

    friend bool operator==(const ResizePlan&, const ResizePlan&) = default;
};

/// `upright` is the size after EXIF rotation, neither side 0. Sides of the result are at least 1.
[[nodiscard]] ResizePlan plan_resize(ImageSize upright, const ResizeParams& params) noexcept;

/// By how much a decoder may shrink both axes while it decodes, without going below `scaled`: at
/// least 1. Both sizes in the same orientation.
[[nodiscard]] double shrink_on_load(ImageSize stored, ImageSize scaled) noexcept;

}  // namespace spillway::handlers
