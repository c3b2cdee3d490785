#pragma once
// How large an image is, from the first bytes of its file: what a loop may do, where a decoder may
// not run. Pure.

#include <cstdint>
#include <optional>
#include <span>

namespace spillway::http {

/// Width times height that a JPEG, PNG, WebP, GIF or TIFF file (its first page) claims to have;
/// saturated. Nothing for other files, for truncated ones, and where it takes more than a few
/// thousand steps to find out. Trusts no byte; what it says may be a lie, as the file's own header
/// may.
[[nodiscard]] std::optional<std::uint64_t> image_pixels(std::span<const char> file) noexcept;

}  // namespace spillway::http
