#pragma once
// /v1/drill: synthetic heavy work as a handler, for drills and load tests.

#include "spillway/http/handler.hpp"

namespace spillway::handlers {

/// Computes on the route's pool; a request body is read and thrown away.
class DrillHandler final : public http::Handler {
public:
    [[nodiscard]] http::BodyMode body_mode() const noexcept override {
        return http::BodyMode::discarded;
    }
    [[nodiscard]] std::variant<std::unique_ptr<http::Work>, http::BadRequest> prepare(
        const http::RequestHead& head) const override;
};

}  // namespace spillway::handlers
