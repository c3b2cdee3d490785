#pragma once
// How a resize is stopped half-way: libvips works lazily, row by row on demand, so a node in the
// pipeline that asks the watch before it passes rows on is asked every few rows of the input.
//
// libvips' own way, vips_image_set_kill() from an "eval" signal, is used for the encoder only: the
// signal comes once per strip of the *output*, and one strip of a thumbnail is a large part of the
// input.

#include <atomic>
#include <cstddef>
#include <span>
#include <stop_token>

#include "handlers/image_vips.hpp"
#include "spillway/core/time.hpp"

namespace spillway::handlers {

/// Says whether one resize must end, and remembers how it went wrong. Lives as long as the
/// pipeline. Thread-safe: libvips' threads ask it.
class ResizeWatch {
public:
    ResizeWatch(std::stop_token stop, core::TimePoint deadline, core::TimePoint (*now)()) noexcept
        : stop_(std::move(stop)), deadline_(deadline), now_(now) {}

    /// Asks the stop token and the clock; once true, always true.
    [[nodiscard]] bool must_stop() noexcept;

    /// Whether must_stop() has ever said so.
    [[nodiscard]] bool has_stopped() const noexcept { return has_stopped_; }

    void note_input_failed() noexcept { input_failed_ = true; }
    [[nodiscard]] bool has_input_failed() const noexcept { return input_failed_; }

private:
    std::stop_token stop_;
    core::TimePoint deadline_;
    core::TimePoint (*now_)();
    // Each goes from false to true once. The pipeline's end is what orders them before the reader.
    std::atomic<bool> has_stopped_ = false;
    std::atomic<bool> input_failed_ = false;
};

/// The same image, but rows stop coming when the watch says so. With `is_input`, rows that the
/// image itself fails to give are noted as the input's fault. `watch` must outlive the result.
[[nodiscard]] ImagePtr watched(VipsImage* image, ResizeWatch& watch, bool is_input);

/// Stops an encoder that works on the whole image in one call and asks on the way whether to go on.
/// `watch` must outlive the image.
void stop_encoding_of(VipsImage* image, ResizeWatch& watch);

/// The bytes as something that libvips reads, which fails once the watch says stop: decoders of
/// interleaved formats read the whole file before they give the first row. Position in `cursor`.
struct InputCursor {
    std::span<const std::byte> bytes;
    std::size_t position = 0;
    ResizeWatch* watch = nullptr;
};

/// `cursor` must outlive the source and every image opened from it.
[[nodiscard]] SourcePtr watched_source(InputCursor& cursor);

}  // namespace spillway::handlers
