#pragma once
// POST /v1/resize: the image engine as a handler.

#include <atomic>
#include <cstdint>

#include "handlers/image_resize.hpp"
#include "spillway/http/handler.hpp"

namespace spillway::handlers {

/// Computes on the route's pool, whose workers must call ImageEngine::thread_exit() at their end.
class ResizeHandler final : public http::Handler {
public:
    /// The engine must outlive the handler and its works.
    ResizeHandler(const ImageEngine& engine, ResizeOptions options) noexcept : engine_(engine) {
        set_options(options);
    }

    /// For requests that come from now on. Any thread.
    void set_options(ResizeOptions options) noexcept {
        pixels_max_.store(options.pixels_max, std::memory_order_relaxed);
        output_pixels_max_.store(options.output_pixels_max, std::memory_order_relaxed);
    }

    [[nodiscard]] http::BodyMode body_mode() const noexcept override {
        return http::BodyMode::buffered;
    }
    [[nodiscard]] std::variant<std::unique_ptr<http::Work>, http::BadRequest> prepare(
        const http::RequestHead& head) const override;

private:
    const ImageEngine& engine_;
    // Each is a bound by itself.
    std::atomic<std::uint64_t> pixels_max_;
    std::atomic<std::uint64_t> output_pixels_max_;
};

}  // namespace spillway::handlers
