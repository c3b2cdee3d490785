#pragma once
// The stages of one resize, each a step from image to image. Private to ImageEngine.

#include <cstddef>
#include <optional>
#include <span>

#include "handlers/image_bytes.hpp"
#include "handlers/image_format.hpp"
#include "handlers/image_plan.hpp"
#include "handlers/image_vips.hpp"
#include "handlers/image_watch.hpp"

namespace spillway::handlers {

/// An input file opened: its header is read, its pixels come when asked for.
class OpenedImage {
public:
    /// `shrink` is what the decoder may shrink by while it decodes (shrink_on_load()); formats that
    /// cannot, do not. Truncation is an error. Empty when the header makes no sense.
    OpenedImage(std::span<const std::byte> input, InputFormat format, double shrink,
                ResizeWatch& watch);
    OpenedImage(const OpenedImage&) = delete;
    OpenedImage& operator=(const OpenedImage&) = delete;

    [[nodiscard]] explicit operator bool() const noexcept { return image_ != nullptr; }
    [[nodiscard]] VipsImage* get() const noexcept { return image_.get(); }
    [[nodiscard]] ImageSize stored_size() const noexcept;
    [[nodiscard]] bool is_rotated() const noexcept;  // EXIF says: swap width and height

private:
    InputCursor cursor_;  // before `image_`, which reads through it until it is gone
    ImagePtr image_;
};

/// Scales, turns upright, converts to 8-bit sRGB or grey, crops. Empty when the pixel layout cannot
/// be converted, or, because rotation reads pixels, when the input cannot be decoded.
[[nodiscard]] ImagePtr apply_plan(const OpenedImage& opened, const ResizePlan& plan,
                                  ResizeWatch& watch);

/// Encodes without metadata; JPEG gets a white background. Nothing when it fails or must stop.
[[nodiscard]] std::optional<ImageBytes> encode(VipsImage* image, Format format, int quality,
                                               ResizeWatch& watch);

}  // namespace spillway::handlers
