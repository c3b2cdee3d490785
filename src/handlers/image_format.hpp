#pragma once
// The image formats: what the bytes are, what may be written, and how large a side each can hold.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "handlers/resize_params.hpp"

namespace spillway::handlers {

enum class InputFormat : std::uint8_t { jpeg, png, webp, gif, tiff };

/// Width and height in pixels.
struct ImageSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;

    [[nodiscard]] constexpr std::uint64_t pixels() const noexcept {
        return std::uint64_t{width} * height;
    }
    friend bool operator==(const ImageSize&, const ImageSize&) = default;
};

/// The format that the first bytes announce; nothing for anything that is not read here. Neither
/// the name nor the Content-Type that a client gives is believed.
[[nodiscard]] std::optional<InputFormat> sniff(std::span<const std::byte> input) noexcept;

/// What is written when the caller names no format: as the input, but PNG for GIF (lossless, few
/// colours, one transparent), and for TIFF JPEG, or PNG when there is an alpha channel to keep.
[[nodiscard]] Format default_output(InputFormat input, bool has_alpha) noexcept;

[[nodiscard]] std::string_view content_type(Format format) noexcept;

/// The longest side that a file of the format can have, in pixels.
[[nodiscard]] std::uint32_t side_max(Format format) noexcept;

/// As a reader knows it: "JPEG".
[[nodiscard]] std::string_view display_name(Format format) noexcept;

}  // namespace spillway::handlers
