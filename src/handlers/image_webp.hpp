#pragma once
// Two looks into the chunks of a WebP file, where libvips 8.14 (Debian 12) falls short. A file is
// "RIFF", its size, "WEBP", then chunks: four letters, size, data, padded to an even length.

#include <cstddef>
#include <optional>
#include <span>

#include "handlers/image_format.hpp"

namespace spillway::handlers {

/// Canvas size from the header; nothing when it is cut short or makes no sense. Needed because
/// libvips allocates the whole canvas when it opens a WebP, before it can be asked for its size.
[[nodiscard]] std::optional<ImageSize> webp_canvas(std::span<const std::byte> input) noexcept;

/// Takes the EXIF chunk out of a finished file and returns the new size. Needed because libvips
/// writes one of its own making (resolution and size) although told to strip metadata. Does nothing
/// to a file without one, or with anything after it.
[[nodiscard]] std::size_t drop_webp_exif(std::span<std::byte> file) noexcept;

}  // namespace spillway::handlers
