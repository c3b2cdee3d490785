#pragma once
// POST /v1/resize: the image engine as a handler.

#include "handlers/image_resize.hpp"
#include "spillway/http/handler.hpp"

namespace spillway::handlers {

/// Computes on the route's pool, whose workers must call ImageEngine::thread_exit() at their end.
class ResizeHandler final : public http::Handler {
public:
    /// The engine must outlive the handler and its works.
    ResizeHandler(const ImageEngine& engine, ResizeOptions options) noexcept
        : engine_(engine), options_(options) {}

    [[nodiscard]] http::BodyMode body_mode() const noexcept override {
        return http::BodyMode::buffered;
    }
    [[nodiscard]] std::variant<std::unique_ptr<http::Work>, http::BadRequest> prepare(
        const http::RequestHead& head) const override;

private:
    const ImageEngine& engine_;
    ResizeOptions options_;
};

}  // namespace spillway::handlers
