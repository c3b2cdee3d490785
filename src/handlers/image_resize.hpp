#pragma once
// Resizes one image: bytes in, bytes out, within stated bounds of memory and time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "handlers/image_bytes.hpp"
#include "handlers/resize_params.hpp"
#include "spillway/core/time.hpp"

namespace spillway::handlers {

enum class ImageStatus : std::uint8_t {
    ok,
    not_an_image,  // 415: none of the formats that are read here
    impossible,    // 422: truncated, corrupt, too many pixels in or out
    stopped,       // stop was requested or the deadline came; there is no result
    failed,        // 500: neither the input nor the caller is to blame
};

struct ResizeOptions {
    std::uint64_t pixels_max = 50'000'000;         // of the input, known from its header
    std::uint64_t output_pixels_max = 50'000'000;  // of the output
};

struct ImageResult {
    ImageStatus status = ImageStatus::failed;
    std::string detail;             // one sentence for the caller; empty when ok
    std::string_view content_type;  // "image/jpeg", ...; static; empty unless ok
    ImageBytes bytes;               // empty unless ok
};

/// libvips, set up for a service: one thread's worth of work per call, no operation cache, loaders
/// of JPEG, PNG, WebP, GIF and TIFF only, its warnings silenced (each bad upload would write one).
///
/// The set-up is the process's and happens once; further engines share it. It is never undone:
/// vips_shutdown() cannot be followed by another start, and process exit frees what it would free.
class ImageEngine {
public:
    /// Throws std::runtime_error when libvips cannot start.
    ImageEngine();

    /// Reads the format from the bytes, applies EXIF rotation (width and height are those of the
    /// upright image), scales, converts to 8-bit sRGB or grey (embedded profiles are applied, then
    /// dropped like all other metadata), puts transparency on white where the output is JPEG, and
    /// encodes. Of animations and multi-page files the first frame or page; in a GIF only that one
    /// needs to be whole.
    ///
    /// Thread-safe. Blocks, so never on an event loop. Asks `stop` and `now` every few rows and
    /// input blocks; what cannot be interrupted is decoding one WebP or GIF frame, and encoding
    /// WebP before libvips 8.16. Rows stream through, so memory stays far below the pixels for most
    /// files; whole images are held for progressive JPEG (up to 6 bytes per pixel), interlaced PNG,
    /// WebP and GIF (4 bytes per pixel), and for output that is rotated or WebP. `input` must stay
    /// until the return.
    [[nodiscard]] ImageResult resize(std::span<const std::byte> input, const ResizeParams& params,
                                     const ResizeOptions& options, const std::stop_token& stop,
                                     core::TimePoint deadline, core::TimePoint (*now)()) const;

    /// To be called by each thread that resized something, before it ends: frees what libvips keeps
    /// per thread.
    static void thread_exit() noexcept;
};

}  // namespace spillway::handlers
